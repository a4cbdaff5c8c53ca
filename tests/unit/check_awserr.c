/* check_awserr.c - error documents of EC2, Auto Scaling and STS, and what
 * their codes mean (aws.md 1b). */
#include "wire/awserr.h"

#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "unit.h"

#define EC2(code, message, id)                                                 \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>"    \
    "<Code>" code "</Code><Message>" message "</Message></Error></Errors>"     \
    "<RequestID>" id "</RequestID></Response>"
#define QUERY(code, message, id)                                               \
    "<ErrorResponse xmlns=\"http://autoscaling.amazonaws.com/doc/2011-01-01/"  \
    "\">\n  <Error>\n    <Type>Sender</Type>\n    <Code>" code "</Code>\n"     \
    "    <Message>" message "</Message>\n  </Error>\n  <RequestId>" id         \
    "</RequestId>\n</ErrorResponse>\n"

static const struct read_row {
    const char *body;
    const char *code, *message, *request_id; /* code NULL: there is none */
} read_rows[] = {
    {EC2("InvalidAMIID.NotFound", "no &lt;ami-1&gt;", "1-2-3"),
     "InvalidAMIID.NotFound", "no <ami-1>", "1-2-3"},
    {QUERY("Throttling", "Rate exceeded", "4-5"), "Throttling", "Rate exceeded",
     "4-5"},
    {"<X><y:Error xmlns:y='u'><y:Code>C</y:Code></y:Error><requestId>6"
     "</requestId></X>",
     "C", "", "6"},
    /* the first error counts */
    {"<Response><Errors><Error><Code>A</Code><Message>a</Message></Error>"
     "<Error><Code>B</Code><Message>b</Message></Error></Errors></Response>",
     "A", "a", ""},
    {"<R><Error><Message>m</Message><Code>C</Code></Error></R>", "C", "m", ""},
    /* a Code that stands elsewhere is none */
    {"<R><Code>C</Code></R>", NULL, NULL, NULL},
    {"<R><Error>C</Error></R>", NULL, NULL, NULL},
    {"<R><Error><a><Code>C</Code></a></Error></R>", NULL, NULL, NULL},
    {"<R><Errors><Code>C</Code></Errors></R>", NULL, NULL, NULL},
    {"<R><TheError><Code>C</Code><Message>m</Message></TheError></R>", NULL,
     NULL, NULL},
    {"<R><Erro><Code>C</Code></Erro></R>", NULL, NULL, NULL},
    {"<R><a><TheError><Code>C</Code></TheError></a></R>", NULL, NULL, NULL},
    {"<R><a><Error><Code>C</Code><Message>m</Message></Error></a></R>", "C",
     "m", ""},
    {"<R><Error><Code>C</Code></Error><Message>m</Message></R>", "C", "", ""},
    {"<R><Error><Code></Code></Error><RequestId>7</RequestId></R>", NULL, NULL,
     NULL},
    {"<RunInstancesResponse><requestId>7</requestId></RunInstancesResponse>",
     NULL, NULL, NULL},
    {"<html><body>502 Bad Gateway</body></html>", NULL, NULL, NULL},
    {"<!DOCTYPE html><html><Error><Code>C</Code></Error></html>", NULL, NULL,
     NULL},
    {"upstream connect error", NULL, NULL, NULL},
    {"{\"__type\":\"ThrottlingException\"}", NULL, NULL, NULL},
    {"", NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL},
    /* cut: what stood there so far counts for nothing */
    {"<R><Error><Code>C</Code><Message>m</Message></Error>", NULL, NULL, NULL},
};

START_TEST(error_documents_are_read)
{
    const struct read_row *row = &read_rows[_i];
    static const struct aws_error none;
    struct aws_error e;
    size_t len = row->body != NULL ? strlen(row->body) : 0;

    memset(&e, 'x', sizeof e);
    ck_assert_int_eq(aws_error_read(row->body, len, &e), row->code != NULL);
    if (row->code == NULL) {
        ck_assert_mem_eq(&e, &none, sizeof e);
        return;
    }
    ck_assert_str_eq(e.code, row->code);
    ck_assert_str_eq(e.message, row->message);
    ck_assert_str_eq(e.request_id, row->request_id);
}
END_TEST

START_TEST(long_texts_are_cut_between_characters)
{
    struct buf b = BUF_INIT(10000);
    struct aws_error e;

    buf_puts(&b, "<R><RequestID>");
    for (int i = 0; i < 200; i++)
        buf_puts(&b, "r");
    buf_puts(&b, "</RequestID><Error><Code>");
    for (int i = 0; i < 200; i++)
        buf_puts(&b, "c");
    buf_puts(&b, "</Code><Message>");
    for (int i = 0; i < 400; i++)
        buf_puts(&b, "\xc3\xbc");
    buf_puts(&b, "</Message></Error></R>");
    ck_assert(aws_error_read(buf_str(&b), b.len, &e));
    ck_assert_uint_eq(strlen(e.request_id), sizeof e.request_id - 1);
    ck_assert_uint_eq(strlen(e.code), sizeof e.code - 1);
    ck_assert_uint_eq(strlen(e.message), sizeof e.message - 1);
    ck_assert_str_eq(e.message + sizeof e.message - 4, "\xc3\xbc?");
    buf_fini(&b);
}
END_TEST

static struct aws_error
error_of(const char *code, const char *message)
{
    struct aws_error e = {.request_id = "r-1"};

    (void)snprintf(e.code, sizeof e.code, "%s", code);
    (void)snprintf(e.message, sizeof e.message, "%s", message);
    return e;
}

/* The lists of aws.md 1b, with the status that each comes with. */
static const struct class_row {
    enum aws_class class;
    int status;
    const char *code;
} class_rows[] = {
    {AWS_THROTTLED, 400, "Throttling"},
    {AWS_THROTTLED, 400, "ThrottlingException"},
    {AWS_THROTTLED, 400, "ThrottledException"},
    {AWS_THROTTLED, 400, "RequestThrottledException"},
    {AWS_THROTTLED, 400, "RequestThrottled"},
    {AWS_THROTTLED, 400, "TooManyRequestsException"},
    {AWS_THROTTLED, 400, "ProvisionedThroughputExceededException"},
    {AWS_THROTTLED, 400, "TransactionInProgressException"},
    {AWS_THROTTLED, 503, "RequestLimitExceeded"},
    {AWS_THROTTLED, 400, "BandwidthLimitExceeded"},
    {AWS_THROTTLED, 400, "LimitExceededException"},
    {AWS_THROTTLED, 503, "SlowDown"},
    {AWS_THROTTLED, 400, "PriorRequestNotComplete"},
    {AWS_THROTTLED, 503, "EC2ThrottledException"},

    {AWS_TRANSIENT, 400, "RequestTimeout"},
    {AWS_TRANSIENT, 400, "RequestTimeoutException"},
    {AWS_TRANSIENT, 400, "IDPCommunicationError"},
    {AWS_TRANSIENT, 500, "ResourceContention"},
    {AWS_TRANSIENT, 400, "ScalingActivityInProgress"},
    {AWS_TRANSIENT, 500, "InternalError"},
    {AWS_TRANSIENT, 503, "Unavailable"},
    {AWS_TRANSIENT, 503, "ServiceUnavailable"},

    {AWS_CAPACITY, 500, "InsufficientInstanceCapacity"},
    {AWS_CAPACITY, 500, "InsufficientHostCapacity"},
    {AWS_CAPACITY, 500, "InsufficientReservedInstanceCapacity"},
    {AWS_CAPACITY, 500, "InsufficientCapacity"},
    {AWS_CAPACITY, 400, "InsufficientCapacityOnHost"},
    {AWS_CAPACITY, 400, "InsufficientFreeAddressesInSubnet"},
    {AWS_CAPACITY, 500, "InsufficientVolumeCapacity"},
    {AWS_CAPACITY, 400, "UnfulfillableCapacity"},
    {AWS_CAPACITY, 400, "SpotMaxPriceTooLow"},
    {AWS_CAPACITY, 400, "Unsupported"},
    {AWS_CAPACITY, 400, "CapacityReservationNotActive"},

    {AWS_QUOTA, 400, "VcpuLimitExceeded"},
    {AWS_QUOTA, 400, "InstanceLimitExceeded"},
    {AWS_QUOTA, 400, "MaxSpotInstanceCountExceeded"},
    {AWS_QUOTA, 400, "MaxSpotFleetRequestCountExceeded"},
    {AWS_QUOTA, 400, "TargetCapacityLimitExceededException"},
    {AWS_QUOTA, 400, "ResourceLimitExceeded"},
    {AWS_QUOTA, 400, "SpotFleetTargetCapacityLimitExceeded"},
    {AWS_QUOTA, 400, "AddressLimitExceeded"},
    {AWS_QUOTA, 400, "NetworkInterfaceLimitExceeded"},
    {AWS_QUOTA, 400, "VolumeLimitExceeded"},
    {AWS_QUOTA, 400, "MaxIOPSLimitExceeded"},
    {AWS_QUOTA, 400, "ResourceCountExceeded"},
    {AWS_QUOTA, 400, "LimitExceeded"},
    {AWS_QUOTA, 400, "XLimitExceeded"},

    {AWS_CREDENTIALS, 400, "ExpiredToken"},
    {AWS_CREDENTIALS, 403, "ExpiredTokenException"},
    {AWS_CLOCK, 400, "RequestExpired"},
    {AWS_CLOCK, 403, "RequestTimeTooSkewed"},

    {AWS_AUTH, 401, "AuthFailure"},
    {AWS_AUTH, 403, "InvalidClientTokenId"},
    {AWS_AUTH, 403, "UnauthorizedOperation"},
    {AWS_AUTH, 403, "AccessDenied"},
    {AWS_AUTH, 400, "AccessDeniedException"},
    {AWS_AUTH, 401, "OptInRequired"},
    {AWS_AUTH, 400, "Blocked"},
    {AWS_AUTH, 400, "PendingVerification"},
    {AWS_AUTH, 403, "SignatureDoesNotMatch"},
    {AWS_AUTH, 400, "MissingAuthenticationToken"},
    {AWS_AUTH, 400, "IncompleteSignature"},

    {AWS_NOT_FOUND, 400, "InvalidInstanceID.NotFound"},

    {AWS_CONFIG, 400, "InvalidParameter"},
    {AWS_CONFIG, 400, "InvalidParameterValue"},
    {AWS_CONFIG, 400, "InvalidParameterCombination"},
    {AWS_CONFIG, 400, "InvalidAMIID.Malformed"},
    {AWS_CONFIG, 400, "InvalidSubnetID.NotFound"},
    {AWS_CONFIG, 400, "InvalidGroup.NotFound"},
    {AWS_CONFIG, 400, "InvalidKeyPair.NotFound"},
    {AWS_CONFIG, 400, "InvalidLaunchTemplateId.NotFound"},
    {AWS_CONFIG, 400, "InvalidLaunchTemplateName.NotFoundException"},
    {AWS_CONFIG, 400, "MissingParameter"},
    {AWS_CONFIG, 400, "UnknownParameter"},
    {AWS_CONFIG, 400, "InvalidFleetConfiguration"},
    {AWS_CONFIG, 400, "ValidationError"},
    {AWS_CONFIG, 400, "IdempotentParameterMismatch"},
    {AWS_CONFIG, 400, "AlreadyExists"},

    /* near to one of the list is not in it */
    {AWS_OTHER, 400, "throttling"},
    {AWS_OTHER, 400, "ThrottlingX"},
    {AWS_OTHER, 400, "InvalidInstanceID.Malformed"},
    {AWS_OTHER, 400, "InvalidAMIID"},
    {AWS_OTHER, 400, "XCapacityReservation"},
    {AWS_OTHER, 400, "LimitExceededs"},
    {AWS_OTHER, 400, "OperationNotPermitted"},

    /* of a code that is not known the status says the rest */
    {AWS_TRANSIENT, 500, "Unheard"},
    {AWS_TRANSIENT, 504, "Unheard"},
    {AWS_THROTTLED, 429, "Unheard"},
    {AWS_THROTTLED, 509, "Unheard"},
    {AWS_AUTH, 401, "Unheard"},
    {AWS_AUTH, 403, "Unheard"},
    {AWS_OTHER, 404, "Unheard"},
    {AWS_OTHER, 412, "DryRunOperation"},
    {AWS_OTHER, 200, "Unheard"},
};

START_TEST(codes_have_their_class)
{
    const struct class_row *row = &class_rows[_i];
    struct aws_error e = error_of(row->code, "expired");

    if (strcmp(row->code, "SignatureDoesNotMatch") == 0)
        e.message[0] = '\0';
    ck_assert_msg((int)aws_classify(row->status, &e, false) == (int)row->class,
                  "%s", row->code);
}
END_TEST

static const struct clock_row {
    const char *message;
    enum aws_class class;
} clock_rows[] = {
    {"Signature expired: 20260101T000000Z is now earlier than ...", AWS_CLOCK},
    {"Signature not yet current: 20260101T000000Z is still later", AWS_CLOCK},
    {"The request signature we calculated does not match", AWS_AUTH},
    {"", AWS_AUTH},
};

START_TEST(a_signature_may_be_refused_for_the_clock)
{
    struct aws_error e =
        error_of("SignatureDoesNotMatch", clock_rows[_i].message);

    for (int temporary = 0; temporary <= 1; temporary++)
        ck_assert_int_eq((int)aws_classify(403, &e, temporary != 0),
                         (int)clock_rows[_i].class);
}
END_TEST

/* AuthFailure of keys that live for hours: they may have ended. */
START_TEST(temporary_credentials_are_read_again)
{
    static const char *const codes[] = {"AuthFailure", "InvalidClientTokenId"};

    for (int i = 0; i < 2; i++) {
        struct aws_error e = error_of(codes[i], "");

        ck_assert_int_eq((int)aws_classify(401, &e, true),
                         (int)AWS_CREDENTIALS);
        ck_assert_int_eq((int)aws_classify(401, &e, false), (int)AWS_AUTH);
    }
}
END_TEST

static const struct status_row {
    int status;
    enum aws_class class;
} status_rows[] = {
    {200, AWS_OK},        {204, AWS_OK},        {299, AWS_OK},
    {199, AWS_OTHER},     {300, AWS_OTHER},     {302, AWS_OTHER},
    {400, AWS_OTHER},     {404, AWS_OTHER},     {499, AWS_OTHER},
    {401, AWS_AUTH},      {403, AWS_AUTH},      {429, AWS_THROTTLED},
    {509, AWS_THROTTLED}, {500, AWS_TRANSIENT}, {502, AWS_TRANSIENT},
    {503, AWS_TRANSIENT}, {504, AWS_TRANSIENT}, {0, AWS_OTHER},
};

START_TEST(without_a_document_the_status_decides)
{
    const struct status_row *row = &status_rows[_i];

    for (int temporary = 0; temporary <= 1; temporary++)
        ck_assert_int_eq((int)aws_classify(row->status, NULL, temporary != 0),
                         (int)row->class);
}
END_TEST

static const struct meaning_row {
    enum aws_class class;
    enum verdict verdict;
    enum reason reason;
    const char *code; /* outside (calls.md 3) */
} meaning_rows[] = {
    {AWS_THROTTLED, V_RETRY, R_THROTTLED, "THROTTLING"},
    {AWS_TRANSIENT, V_RETRY, R_UNAVAILABLE, "SERVICE_UNAVAILABLE"},
    {AWS_CAPACITY, V_RETRY, R_CAPACITY, "INSUFFICIENT_CAPACITY"},
    {AWS_QUOTA, V_FAIL, R_QUOTA, "QUOTA_EXCEEDED"},
    {AWS_AUTH, V_FAIL, R_AUTH, "PROVIDER_ERROR"},
    {AWS_CONFIG, V_FAIL, R_CONFIG, "VALIDATION_ERROR"},
    {AWS_CREDENTIALS, V_RETRY, R_AUTH, "PROVIDER_ERROR"},
    {AWS_CLOCK, V_RETRY, R_AUTH, "PROVIDER_ERROR"},
    {AWS_NOT_FOUND, V_RETRY, R_UNAVAILABLE, "SERVICE_UNAVAILABLE"},
    {AWS_OTHER, V_FAIL, R_CONFIG, "PROVIDER_ERROR"},
};

static const char *
detail(const struct outcome *o, const char *key)
{
    return json_string_value(json_object_get(o->details, key));
}

START_TEST(classes_have_their_outcome)
{
    const struct meaning_row *row = &meaning_rows[_i];
    struct aws_error e = error_of("SomeCode", "why");

    for (int id = 0; id <= 2; id++) { /* 2: no document */
        struct outcome o;
        outcome_init(&o);
        e.request_id[0] = id == 0 ? '\0' : 'r';
        aws_error_outcome(row->class, id == 2 ? NULL : &e, 418, &o);
        ck_assert_int_eq((int)o.verdict, (int)row->verdict);
        ck_assert_int_eq((int)o.reason, (int)row->reason);
        ck_assert_str_eq(o.error_code, row->code);
        if (id == 2) {
            ck_assert_str_eq(o.text, "status 418 without an error document");
            ck_assert_ptr_null(o.details);
        } else {
            ck_assert_str_eq(o.text, id == 1
                                         ? "SomeCode: why (request r-1)"
                                         : "SomeCode: why (request unknown)");
            ck_assert_str_eq(detail(&o, "awsCode"), "SomeCode");
            ck_assert_str_eq(detail(&o, "awsMessage"), "why");
            ck_assert_str_eq(detail(&o, "awsRequestId"), id == 1 ? "r-1" : "");
            ck_assert_uint_eq(json_object_size(o.details), 3);
        }
        outcome_fini(&o);
    }
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("awserr");
    TCase *t = tcase_create("awserr");

    tcase_add_loop_test(t, error_documents_are_read, 0, COUNT(read_rows));
    tcase_add_test(t, long_texts_are_cut_between_characters);
    tcase_add_loop_test(t, codes_have_their_class, 0, COUNT(class_rows));
    tcase_add_loop_test(t, a_signature_may_be_refused_for_the_clock, 0,
                        COUNT(clock_rows));
    tcase_add_test(t, temporary_credentials_are_read_again);
    tcase_add_loop_test(t, without_a_document_the_status_decides, 0,
                        COUNT(status_rows));
    tcase_add_loop_test(t, classes_have_their_outcome, 0, COUNT(meaning_rows));
    suite_add_tcase(s, t);
    return unit_run(s);
}
