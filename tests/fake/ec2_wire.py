"""The form, the signature and the XML of the EC2 Query API, as its server sees
them."""

import calendar
import collections
import hashlib
import hmac
import re
import time
import urllib.parse
from xml.sax.saxutils import escape

VERSION = "2016-11-15"
XMLNS = f"http://ec2.amazonaws.com/doc/{VERSION}/"
CLOCK_S = 300  # a request may be so old, or so early
CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48,
         "stopping": 64, "stopped": 80}
STATUS = {"AuthFailure": 401, "SignatureDoesNotMatch": 401, "UnauthorizedOperation": 403,
          "DryRunOperation": 412, "RequestLimitExceeded": 503, "Unavailable": 503,
          "ServiceUnavailable": 503, "InternalError": 500, "InsufficientInstanceCapacity": 500,
          "InsufficientHostCapacity": 500, "InsufficientCapacity": 500}


class Refused(Exception):
    """An error as EC2 tells it; the status is that of the code."""

    def __init__(self, code, message, status=None):
        super().__init__(code)
        self.code, self.message = code, message
        self.status = status or STATUS.get(code, 400)


# ---- The form: names, types, lists

INDEX = re.compile(r"\.([1-9][0-9]*)(?=\.|$)")
KINDS = [(re.compile(r"true|false"), "boolean"), (re.compile(r"-?[0-9]+"), "integer"),
         (re.compile(r"[0-9]+\.[0-9]+"), "double"),
         (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "timestamp")]


def load_names(path):
    """{action: {name with # for a number: what its value must match}}"""
    names, known = {}, {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("## "):
                service, _, action = line.split()[1].partition(".")
                known = names.setdefault(action, {}) if service == "ec2" else {}
            elif " = " in line and not line.startswith("#"):
                name, _, sample = line.strip().partition(" = ")
                name = INDEX.sub(".#", re.sub(r"\.N(?=\.|$)", ".1", name))
                known[name] = next((k for k in KINDS if k[0].fullmatch(sample)), None)
    return names


def parse_form(body):
    """The parameters. Only the encoding that a signature is made of passes."""
    try:
        pairs = urllib.parse.parse_qsl(body.decode("ascii"), keep_blank_values=True,
                                       strict_parsing=True, errors="strict")
    except ValueError as e:
        raise Refused("MalformedQueryString", f"not a form: {e}") from None
    if urllib.parse.urlencode(pairs).encode() != body:
        raise Refused("MalformedQueryString", "encoded otherwise than by urlencode")
    params = dict(pairs)
    if len(params) != len(pairs):
        twice = [n for n, c in collections.Counter(n for n, _ in pairs).items() if c > 1]
        raise Refused("InvalidParameterCombination", f"more than once: {', '.join(twice)}")
    return params


def check_names(known, params):
    lists = {}
    for name, value in params.items():
        pattern = INDEX.sub(".#", name)
        if pattern not in known or "#" in name:
            raise Refused("UnknownParameter", f"The parameter {name} is not recognized")
        kind = known[pattern]
        if kind and not kind[0].fullmatch(value):
            raise invalid(name, value, f"not of type {kind[1]}")
        for m in INDEX.finditer(name):
            lists.setdefault(name[:m.start()], set()).add(int(m.group(1)))
    for name, numbers in lists.items():
        if max(numbers) != len(numbers):
            raise Refused("InvalidParameterValue", f"a gap in the numbers of {name}.N")


def invalid(name, value, why):
    return Refused("InvalidParameterValue", f"Value ({value}) for parameter {name} is invalid: {why}")


def structs(params, name):
    """The list NAME.N: one dictionary each; a plain value has the key ''."""
    found = {}
    for key, value in params.items():
        if key.startswith(name + "."):
            number, _, rest = key[len(name) + 1:].partition(".")
            if number.isdigit():
                found.setdefault(int(number), {})[rest] = value
    return [found[n] for n in sorted(found)]


def values(params, name):
    return [s[""] for s in structs(params, name)]


def tags_of(entries):
    """{key: value} of Tag.N members, within the limits of EC2."""
    tags = {}
    for t in entries:
        key, value = t.get("Key", ""), t.get("Value", "")
        if not key or len(key) > 128 or key.lower().startswith("aws:") or key in tags:
            raise invalid("Tag.Key", key, "empty, too long, reserved or there twice")
        if len(value) > 256 or re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", key + value):
            raise invalid("Tag.Value", value, "too long, or not text")
        tags[key] = value
    if len(tags) > 50:
        raise Refused("TagLimitExceeded", "more than 50 tags for one resource")
    return tags


# ---- The signature, version 4

AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256 +Credential=([^/, ]+)/(\d{8})/([^/, ]+)/([^/, ]+)/"
                           r"([^/, ]+), *SignedHeaders=([^ ,]+), *Signature=([0-9a-f]{64})")


def hmac256(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def check_signature(account, clock, headers, body):
    """Refuses what is not signed by account {key, secret, token}; -> region."""
    wrong = Refused("AuthFailure", "the credentials could not be validated")
    m = AUTHORIZATION.fullmatch(headers.get("Authorization", "").strip())
    if not m:
        raise Refused("AuthFailure", "no Authorization header, or not of version 4")
    key, day, region, service, end, signed, signature = m.groups()
    names, date = signed.split(";"), headers.get("X-Amz-Date", "")
    must = {n.lower() for n in headers if n.lower().startswith("x-amz-")}
    must |= {"host", "x-amz-date"} | ({"content-type"} & {n.lower() for n in headers})
    if names != sorted(set(names)) or signed != signed.lower() or must - set(names):
        raise Refused("SignatureDoesNotMatch", f"not signed, or in another order: {sorted(must)}")
    if any(len(headers.get_all(n, [])) != 1 for n in names):
        raise Refused("SignatureDoesNotMatch", "a signed header is missing or there twice")
    if (service, end, day) != ("ec2", "aws4_request", date[:8]):
        raise Refused("SignatureDoesNotMatch", "the scope is not DAY/REGION/ec2/aws4_request")
    try:
        made = calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise Refused("SignatureDoesNotMatch", "X-Amz-Date is no date") from None
    if abs(clock - made) > CLOCK_S:
        raise Refused("RequestExpired", "Request has expired.")
    digest = hashlib.sha256(body).hexdigest()
    if headers.get("X-Amz-Content-Sha256", digest) != digest:
        raise Refused("SignatureDoesNotMatch", "X-Amz-Content-Sha256 is not that of the body")
    if key != account["key"] or headers.get("X-Amz-Security-Token") != account["token"]:
        raise wrong
    lines = "".join(f"{n}:{' '.join(headers[n].split())}\n" for n in names)
    request = f"POST\n/\n\n{lines}\n{signed}\n{digest}".encode("latin-1")
    text = f"AWS4-HMAC-SHA256\n{date}\n{day}/{region}/{service}/{end}\n{hashlib.sha256(request).hexdigest()}"
    derived = ("AWS4" + account["secret"]).encode()
    for part in (day, region, service, end):
        derived = hmac256(derived, part)
    if not hmac.compare_digest(hmac256(derived, text).hex(), signature):
        raise wrong
    return region


# ---- XML

def element(name, value):
    return f"<{name}>{escape(str(value))}</{name}>"


def optional(name, value):
    return "" if value is None else element(name, value)


def item_list(name, items):
    return f"<{name}>{''.join(f'<item>{i}</item>' for i in items)}</{name}>"


def state_xml(name, state):
    return f"<{name}>{element('code', CODES[state])}{element('name', state)}</{name}>"


def tag_xml(tags):
    return item_list("tagSet", [element("key", k) + element("value", v) for k, v in tags.items()])


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


def reply_xml(action, request_id, inner):
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<{action}Response xmlns="{XMLNS}">'
            f"{element('requestId', request_id)}{inner}</{action}Response>").encode()


def error_xml(request_id, code, message):
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>{element("Code", code)}'
            f"{element('Message', message)}</Error></Errors>{element('RequestID', request_id)}"
            "</Response>").encode()
