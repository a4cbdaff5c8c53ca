/* awserr.c - the lists of aws.md 1b as one table. */
#include "wire/awserr.h"

#include <stdio.h>
#include <string.h>

#include "wire/xml.h"

/* '*' at the end: any ending; at the beginning: any beginning. The first that
 * fits counts. */
static const struct {
    const char *code;
    enum aws_class class;
} codes[] = {
    {"Throttling", AWS_THROTTLED},
    {"ThrottlingException", AWS_THROTTLED},
    {"ThrottledException", AWS_THROTTLED},
    {"RequestThrottled", AWS_THROTTLED},
    {"RequestThrottledException", AWS_THROTTLED},
    {"TooManyRequestsException", AWS_THROTTLED},
    {"ProvisionedThroughputExceededException", AWS_THROTTLED},
    {"TransactionInProgressException", AWS_THROTTLED},
    {"RequestLimitExceeded", AWS_THROTTLED},
    {"BandwidthLimitExceeded", AWS_THROTTLED},
    {"LimitExceededException", AWS_THROTTLED},
    {"SlowDown", AWS_THROTTLED},
    {"PriorRequestNotComplete", AWS_THROTTLED},
    {"EC2ThrottledException", AWS_THROTTLED},
    {"RateExceeded", AWS_THROTTLED},

    {"RequestTimeout", AWS_TRANSIENT},
    {"RequestTimeoutException", AWS_TRANSIENT},
    {"IDPCommunicationError", AWS_TRANSIENT},
    {"ResourceContention", AWS_TRANSIENT},
    {"ScalingActivityInProgress", AWS_TRANSIENT},
    {"InternalError", AWS_TRANSIENT},
    {"InternalFailure", AWS_TRANSIENT},
    {"Unavailable", AWS_TRANSIENT},
    {"ServiceUnavailable", AWS_TRANSIENT},

    {"InsufficientInstanceCapacity", AWS_CAPACITY},
    {"InsufficientHostCapacity", AWS_CAPACITY},
    {"InsufficientReservedInstanceCapacity", AWS_CAPACITY},
    {"InsufficientCapacity*", AWS_CAPACITY},
    {"InsufficientFreeAddressesInSubnet", AWS_CAPACITY},
    {"InsufficientVolumeCapacity", AWS_CAPACITY},
    {"UnfulfillableCapacity", AWS_CAPACITY},
    {"SpotMaxPriceTooLow", AWS_CAPACITY},
    {"Unsupported", AWS_CAPACITY}, /* the type, in this zone */
    {"CapacityReservation*", AWS_CAPACITY},

    {"VcpuLimitExceeded", AWS_QUOTA},
    {"InstanceLimitExceeded", AWS_QUOTA},
    {"MaxSpotInstanceCountExceeded", AWS_QUOTA},
    {"MaxSpotFleetRequestCountExceeded", AWS_QUOTA},
    {"TargetCapacityLimitExceededException", AWS_QUOTA},
    {"ResourceLimitExceeded", AWS_QUOTA},
    {"ResourceCountExceeded", AWS_QUOTA},
    {"MaxIOPSLimitExceeded", AWS_QUOTA},
    {"*LimitExceeded", AWS_QUOTA}, /* SpotFleet..., Address..., Volume... */
    {"LimitExceeded", AWS_QUOTA},

    {"ExpiredToken", AWS_CREDENTIALS},
    {"ExpiredTokenException", AWS_CREDENTIALS},
    {"RequestExpired", AWS_CLOCK},
    {"RequestTimeTooSkewed", AWS_CLOCK},
    {"UnauthorizedOperation", AWS_AUTH},
    {"AccessDenied*", AWS_AUTH},
    {"OptInRequired", AWS_AUTH},
    {"Blocked", AWS_AUTH},
    {"PendingVerification", AWS_AUTH},
    {"SignatureDoesNotMatch", AWS_AUTH},
    {"MissingAuthenticationToken", AWS_AUTH},
    {"IncompleteSignature", AWS_AUTH},

    {"InvalidInstanceID.NotFound", AWS_NOT_FOUND},
    {"InvalidParameter*", AWS_CONFIG},
    {"InvalidAMIID.*", AWS_CONFIG},
    {"InvalidSubnetID.NotFound", AWS_CONFIG},
    {"InvalidGroup.NotFound", AWS_CONFIG},
    {"InvalidKeyPair.NotFound", AWS_CONFIG},
    {"InvalidLaunchTemplateId.*", AWS_CONFIG},
    {"InvalidLaunchTemplateName.NotFoundException", AWS_CONFIG},
    {"MissingParameter", AWS_CONFIG},
    {"UnknownParameter", AWS_CONFIG},
    {"InvalidFleetConfiguration", AWS_CONFIG},
    {"ValidationError", AWS_CONFIG},
    {"IdempotentParameterMismatch", AWS_CONFIG},
    {"AlreadyExists", AWS_CONFIG}, /* a group of that name, not ours */
};

#define CODE_COUNT (sizeof(codes) / sizeof(codes[0]))

/* What a class means for a request. */
static const struct {
    enum verdict verdict;
    enum reason reason;
    const char *code;
} meanings[] = {
    [AWS_OK] = {V_FAIL, R_INTERNAL, "INTERNAL_ERROR"},
    [AWS_THROTTLED] = {V_RETRY, R_THROTTLED, "THROTTLING"},
    [AWS_TRANSIENT] = {V_RETRY, R_UNAVAILABLE, "SERVICE_UNAVAILABLE"},
    [AWS_CAPACITY] = {V_RETRY, R_CAPACITY, "INSUFFICIENT_CAPACITY"},
    [AWS_QUOTA] = {V_FAIL, R_QUOTA, "QUOTA_EXCEEDED"},
    [AWS_AUTH] = {V_FAIL, R_AUTH, "PROVIDER_ERROR"},
    [AWS_CONFIG] = {V_FAIL, R_CONFIG, "VALIDATION_ERROR"},
    [AWS_CREDENTIALS] = {V_RETRY, R_AUTH, "PROVIDER_ERROR"},
    [AWS_CLOCK] = {V_RETRY, R_AUTH, "PROVIDER_ERROR"},
    [AWS_NOT_FOUND] = {V_RETRY, R_UNAVAILABLE, "SERVICE_UNAVAILABLE"},
    [AWS_OTHER] = {V_FAIL, R_CONFIG, "PROVIDER_ERROR"},
};

struct reading {
    struct aws_error *e;
    bool code, message; /* seen */
};

static const char *
last_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static bool
is_in_error(const char *path)
{
    const char *slash = strrchr(path, '/');
    static const char parent[] = "Error";
    size_t n = sizeof(parent) - 1;

    if (slash == NULL)
        return false;
    size_t len = (size_t)(slash - path);
    return len >= n && strncmp(slash - n, parent, n) == 0 &&
           (len == n || slash[-1 - (int)n] == '/');
}

static void
put(char *to, size_t size, const char *text)
{
    (void)snprintf(to, size, "%s", text);
    outcome_clean(to); /* a character may have been cut */
}

static void
on_end(void *arg, const char *path, const char *text)
{
    struct reading *r = arg;
    const char *name = last_name(path);

    if (strcmp(name, "Code") == 0 && is_in_error(path) && !r->code) {
        put(r->e->code, sizeof(r->e->code), text);
        r->code = true;
    } else if (strcmp(name, "Message") == 0 && is_in_error(path) &&
               !r->message) {
        put(r->e->message, sizeof(r->e->message), text);
        r->message = true;
    } else if (strcmp(name, "RequestID") == 0 ||
               strcmp(name, "RequestId") == 0 ||
               strcmp(name, "requestId") == 0) {
        put(r->e->request_id, sizeof(r->e->request_id), text);
    }
}

bool
aws_error_read(const void *body, size_t len, struct aws_error *out)
{
    static const struct xml_handler handler = {NULL, on_end};
    struct reading r = {.e = out};
    struct err ignored;

    memset(out, 0, sizeof(*out));
    if (body != NULL && xml_read(body, len, &handler, &r, &ignored) == 0 &&
        out->code[0] != '\0')
        return true;
    memset(out, 0, sizeof(*out));
    return false;
}

static bool
fits(const char *pattern, const char *code)
{
    size_t n = strlen(pattern), len = strlen(code);

    if (pattern[0] == '*')
        return len > n - 1 && strcmp(code + len - (n - 1), pattern + 1) == 0;
    if (pattern[n - 1] == '*')
        return strncmp(code, pattern, n - 1) == 0;
    return strcmp(code, pattern) == 0;
}

/* A signature may be refused for the clock: "Signature not yet current",
 * "Signature expired". */
static bool
is_about_time(const struct aws_error *e)
{
    return strcmp(e->code, "SignatureDoesNotMatch") == 0 &&
           (strstr(e->message, "not yet current") != NULL ||
            strstr(e->message, "expired") != NULL);
}

/* Of keys that expire: others may be there by the next try. */
static bool
is_about_keys(const struct aws_error *e)
{
    return strcmp(e->code, "AuthFailure") == 0 ||
           strcmp(e->code, "InvalidClientTokenId") == 0;
}

static enum aws_class
by_status(int status)
{
    if (status == 429 || status == 509)
        return AWS_THROTTLED;
    if (status >= 500)
        return AWS_TRANSIENT;
    if (status == 401 || status == 403)
        return AWS_AUTH;
    return status >= 200 && status < 300 ? AWS_OK : AWS_OTHER;
}

enum aws_class
aws_classify(int http_status, const struct aws_error *e,
             bool temporary_credentials)
{
    if (e == NULL)
        return by_status(http_status);
    if (is_about_time(e))
        return AWS_CLOCK;
    if (is_about_keys(e))
        return temporary_credentials ? AWS_CREDENTIALS : AWS_AUTH;
    for (size_t i = 0; i < CODE_COUNT; i++) {
        if (fits(codes[i].code, e->code))
            return codes[i].class;
    }
    enum aws_class class = by_status(http_status);
    return class != AWS_OK ? class : AWS_OTHER;
}

void
aws_error_outcome(enum aws_class class, const struct aws_error *e,
                  int http_status, struct outcome *o)
{
    if (e == NULL) {
        outcome_set(o, meanings[class].verdict, meanings[class].reason,
                    "status %d without an error document", http_status);
    } else {
        outcome_set(o, meanings[class].verdict, meanings[class].reason,
                    "%s: %s (request %s)", e->code, e->message,
                    e->request_id[0] != '\0' ? e->request_id : "unknown");
        o->details =
            json_pack("{s:s, s:s, s:s}", "awsCode", e->code, "awsMessage",
                      e->message, "awsRequestId", e->request_id);
    }
    o->error_code = meanings[class].code;
}
