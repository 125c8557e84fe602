# The keys that records are believed by: a JWK Set (RFC 7517), in which each key names the host that it may speak for.
#
#   {"keys":[{"kty":"EC","crv":"P-256","x":…,"y":…,"kid":…,"host":"web01.internal","nbf":1790000000,"exp":1800000000}]}
#
# kid, where given, is the RFC 7638 thumbprint. nbf and exp (seconds since 1970, optional) bound the time of the records that
# the key may sign, so that around a rotation the old and the new key stand side by side. A key may come more than once, for
# more than one host.

# A key with what it may say.
Key = Struct.new(:id, :public_key, :hosts, :from, :until)

# Immutable: workers that hold one are not disturbed by the next.
class KeySet
  # SubjectPublicKeyInfo (RFC 5480) of a P-256 key, up to the coordinates of its point.
  SPKI_START = ['3059301306072a8648ce3d020106082a8648ce3d03010703420004'].pack('H*')
  HEADER = '{"alg":"ES256","kid":"%s","typ":"ratchet+json"}'

  # Raises where it is no such set: the message names the place.
  def initialize(text)
    list = JSON.parse(text, max_nesting: 8)
    list = list['keys'] if list.is_a?(Hash)
    raise ArgumentError, '$.keys is missing' unless list.is_a?(Array)
    @by_header = {}
    list.each_with_index { |jwk, i| add(jwk, "$.keys[#{i}]") }
    @by_header.each_value { |key| [key, key.hosts].each(&:freeze) }
    @by_header.freeze
    freeze
  end

  def size
    @by_header.size
  end

  # The key of a record whose first part is this one: a header has exactly one form for each key.
  def for_header(encoded)
    @by_header[encoded]
  end

  private

  def add(jwk, place)
    raise ArgumentError, "#{place} is not an object" unless jwk.is_a?(Hash)
    raise ArgumentError, "#{place} holds a private key: take it out, and rotate it on its host" if jwk.key?('d')
    raise ArgumentError, "#{place}: expected kty EC and crv P-256" unless jwk['kty'] == 'EC' && jwk['crv'] == 'P-256'
    host = jwk['host']
    raise ArgumentError, "#{place}.host is missing: the host.name that the key may speak for" unless host.is_a?(String) && host =~ /\A[[:graph:]]+\z/
    id = thumbprint(jwk)
    raise ArgumentError, "#{place}.kid is not the RFC 7638 thumbprint of the key" unless jwk['kid'].nil? || jwk['kid'] == id
    header = [format(HEADER, id)].pack('m0').tr('+/', '-_').delete('=')
    key = @by_header[header] ||= Key.new(id, public_key(jwk, place), [], time(jwk['nbf'], place), time(jwk['exp'], place))
    key.hosts << host
  end

  def thumbprint(jwk)
    canonical = format('{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}', jwk['x'], jwk['y'])
    [Digest::SHA256.digest(canonical)].pack('m0').tr('+/', '-_').delete('=')
  end

  def public_key(jwk, place)
    point = %w[x y].map { |name| coordinate(jwk[name], "#{place}.#{name}") }.join
    OpenSSL::PKey::EC.new(SPKI_START + point)
  rescue OpenSSL::PKey::PKeyError
    raise ArgumentError, "#{place}: x and y are not a point of P-256"
  end

  def coordinate(text, place)
    raise ArgumentError, "#{place} is not 32 bytes in base64url" unless text.is_a?(String) && text =~ /\A[A-Za-z0-9_-]{43}\z/
    text.tr('-_', '+/').unpack('m').first
  end

  def time(seconds, place)
    return nil if seconds.nil?
    raise ArgumentError, "#{place}: nbf and exp are seconds since 1970" unless seconds.is_a?(Integer)
    Time.at(seconds)
  end
end

# The key set of a file, read again when the file changes. A broken new file is reported and leaves the old set in force.
class KeyFile
  # Seconds between looks at the file.
  INTERVAL = 1

  def initialize(path, logger)
    @path, @logger, @gate = path, logger, Mutex.new
    @stamp = stamp
    @keys = KeySet.new(File.read(path, encoding: 'UTF-8'))
    @looked = now
  rescue SystemCallError, ArgumentError, JSON::ParserError => error
    raise ArgumentError, "#{path}: #{error.message}"
  end

  def current
    @gate.synchronize do
      refresh if now - @looked >= INTERVAL
      @keys
    end
  end

  private

  def refresh
    @looked = now
    seen = stamp
    return if seen == @stamp
    # Also of a file that turns out to be broken: it is reported once.
    @stamp = seen
    @keys = KeySet.new(File.read(@path, encoding: 'UTF-8'))
    @logger.info("#{@path}: #{@keys.size} keys are in force")
  rescue SystemCallError, ArgumentError, JSON::ParserError => error
    @logger.error("#{@path} is refused, the keys read before stay in force: #{error.message[0, 500]}")
  end

  # nil of a file that is missing: when it comes back it is read.
  def stamp
    file = File.stat(@path)
    [file.ino, file.size, file.mtime.to_r, file.ctime.to_r]
  rescue SystemCallError
    nil
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end
