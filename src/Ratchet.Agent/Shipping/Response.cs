using System.Net;
using System.Net.Http.Headers;

namespace Ratchet.Agent.Shipping;

/// <summary>What the receiver made of a request.</summary>
enum Answer
{
    /// <summary>2xx: it has them.</summary>
    Accepted,

    /// <summary>408, 429, 5xx, no answer: the same request may succeed later.</summary>
    Later,

    /// <summary>401, 403: it does not let this host in.</summary>
    Unauthorised,

    /// <summary>400, 413, 415, 422: it will not take these records.</summary>
    Refused,

    /// <summary>Any other answer: whoever speaks there is not the receiver.</summary>
    Misdirected,
}

/// <param name="Detail">For the journal and for <c>status</c>.</param>
/// <param name="Status">Of HTTP; 0 where there was no answer.</param>
/// <param name="RetryAfter">How long the receiver asks to be left alone.</param>
sealed record Response(Answer Answer, string Detail, int Status = 0, TimeSpan? RetryAfter = null)
{
    public static Response Of(HttpResponseMessage message, string address, DateTimeOffset now)
    {
        var status = (int)message.StatusCode;
        var answer = message.StatusCode switch
        {
            _ when message.IsSuccessStatusCode => Answer.Accepted,
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => Answer.Unauthorised,
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests => Answer.Later,
            HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnsupportedMediaType or HttpStatusCode.UnprocessableEntity => Answer.Refused,
            _ when status >= 500 => Answer.Later,
            _ => Answer.Misdirected,
        };
        return new Response(answer, $"{address}: HTTP {status}", status, Wait(message.Headers.RetryAfter, now));
    }

    /// <summary>Retry-After (RFC 9110, section 10.2.3): seconds, or a date.</summary>
    static TimeSpan? Wait(RetryConditionHeaderValue? asked, DateTimeOffset now) => asked?.Delta ?? (asked?.Date - now);
}
