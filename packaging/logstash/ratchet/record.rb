# A record is a JWS in compact serialization (RFC 7515), in the one form that the agent writes:
#
#   BASE64URL({"alg":"ES256","kid":"KID","typ":"ratchet+json"}) . BASE64URL(payload) . BASE64URL(r || s)
#
# Any other header is refused, and with it other algorithms, crit, embedded keys and doubled fields; so is base64url that is not
# canonical, and of the two signatures (r, s) and (r, n-s) that ECDSA accepts the one with the larger s. Nobody can write a
# second, equally valid form of a record.

# Why a line is not believed: a word for counting, a sentence for people.
class Refusal < StandardError
  attr_reader :code

  # Refusals that are not the record's fault, or need not be: a host enrolled late. It is kept whole, to be sent again.
  CURABLE = %w[unknown-key outside-validity foreign-host error].freeze

  def initialize(code, message)
    super(message)
    @code = code
    # A backtrace costs more than the refusal, and says nothing.
    set_backtrace([])
  end

  def keeps_text?
    CURABLE.include?(code)
  end
end

# A JSON object in which no name stands twice: two readers could see two values under one signature.
class StrictObject < Hash
  def []=(name, value)
    raise Refusal.new('malformed', 'the payload has a name twice') if key?(name)
    super
  end
end

# Most characters of a record; the agent writes none that is longer.
RECORD_LIMIT = 256 << 10

# Half of the order of P-256 (SEC 2, section 2.4.2).
HALF_ORDER = ['7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8'].pack('H*').freeze

HEADER_FORM = /\A\{"alg":"ES256","kid":"([A-Za-z0-9_-]{43})","typ":"ratchet\+json"\}\z/n

# Returns the payload of a line (binary string) that is a true record; raises Refusal for any other.
def prove(line, keys)
  raise Refusal.new('oversize', "longer than #{RECORD_LIMIT} characters") if line.bytesize > RECORD_LIMIT
  parts = line.split('.', -1)
  raise Refusal.new('malformed', 'not three parts joined by dots') unless parts.size == 3
  header, body, signature = parts
  payload, proof = decode(body), decode(signature)
  key = keys.for_header(header) || refuse_header(header)
  raise Refusal.new('forged', 'the signature does not fit: changed after it was signed') unless signed?(key, "#{header}.#{body}", proof)
  parse(payload).tap { |claims| bind(claims, key) }
end

def refuse_header(encoded)
  id = decode(encoded)[HEADER_FORM, 1]
  raise Refusal.new('malformed', 'the header is not that of a record') unless id
  raise Refusal.new('unknown-key', "signed by a key that is not in the set: #{id}")
end

# The last characters that leave no stray bits, by the length of the last group of four.
LAST = [/[A-Za-z0-9_-]\z/n, /(?!)/, /[AQgw]\z/n, /[AEIMQUYcgkosw048]\z/n].freeze

# The bytes of canonical base64url without padding (RFC 4648, section 5). The decoder itself would tolerate anything.
def decode(part)
  canonical = part.count('^A-Za-z0-9_-').zero? && LAST[part.bytesize % 4].match?(part)
  raise Refusal.new('malformed', 'a part is not canonical base64url') unless canonical
  part.tr('-_', '+/').unpack('m').first
end

def signed?(key, signed, proof)
  raise Refusal.new('malformed', "the signature has #{proof.bytesize} bytes, not 64") unless proof.bytesize == 64
  r, s = proof.byteslice(0, 32), proof.byteslice(32, 32)
  raise Refusal.new('malformed', 'the signature is not in its low form') if (s <=> HALF_ORDER) > 0
  key.public_key.verify(OpenSSL::Digest.new('SHA256'), der(r, s), signed)
rescue OpenSSL::PKey::PKeyError
  false
end

# The signature as ASN.1: a sequence of two integers (RFC 3279, section 2.2.3).
def der(*numbers)
  integers = numbers.map do |number|
    number = number.sub(/\A\x00+/n, '')
    number = "\x00".b + number if number.empty? || number.getbyte(0) > 127
    [2, number.bytesize].pack('CC') + number
  end.join
  [48, integers.bytesize].pack('CC') + integers
end

def parse(payload)
  text = payload.force_encoding(Encoding::UTF_8)
  raise Refusal.new('malformed', 'the payload is not UTF-8') unless text.valid_encoding?
  claims = JSON.parse(text, object_class: StrictObject, max_nesting: 16, create_additions: false)
  raise Refusal.new('malformed', 'the payload is not an object') unless claims.is_a?(Hash)
  require_shape(claims)
  claims
rescue JSON::ParserError
  # Its message quotes the payload.
  raise Refusal.new('malformed', 'the payload is not JSON')
end

# The key must belong to the host that speaks, at the time of which it speaks.
def bind(claims, key)
  host, time = claims['host']['name'], Time.iso8601(claims['@timestamp'])
  raise Refusal.new('foreign-host', "key #{key.id} belongs to #{key.hosts.join(', ')}, not to the host that the record names") unless key.hosts.include?(host)
  return unless (key.from && time < key.from) || (key.until && time >= key.until)
  raise Refusal.new('outside-validity', "key #{key.id} was not valid at the time of the record")
end
