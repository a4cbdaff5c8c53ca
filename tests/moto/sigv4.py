# sigv4.py - signatures and bodies of hostq against those of botocore, of
# Python's urlencode and of libcurl; run by sigv4.t with the build folder as
# argument. Prints TAP and the seed, which SEED=N makes again.
#
# Bodies: tests/moto/sign writes each one from names and values; urlencode must
# write the same bytes. Signatures: botocore signs the same call. libcurl signs
# what tests/moto/send sends to a listener here, and a call with the date that
# came off the wire must be signed alike. libcurl's own clock is the only one,
# and 7.88 is right for a path of unreserved characters only.
import http.server
import os
import random
import socketserver
import subprocess
import sys
import threading
from calendar import timegm
from datetime import datetime, timedelta
from time import strptime
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

CASES = 200
SENT = 40
TYPE = "application/x-www-form-urlencoded; charset=utf-8"
VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
ALNUM = "".join(c for c in VISIBLE if c.isalnum())
PATH = ALNUM + "-._~%+:@!$&'()*,;="
TEXT = VISIBLE + " \t\n\rüßé€漢😀\x01\x7f"


def some(rnd, chars, least, most):
    return "".join(rnd.choices(chars, k=rnd.randint(least, most)))


def random_path(rnd, chars):
    parts = [some(rnd, chars, 1, 12) for _ in range(rnd.choice([0, 0, 0, 1, 3]))]
    parts = [p for p in parts if p not in (".", "..")]
    return "/" + "/".join(parts) + ("/" if parts and rnd.random() < 0.3 else "")


def random_case(rnd, path_chars=PATH):
    scheme = rnd.choice(["http", "https"])
    name = rnd.choice(["ec2.us-east-1.amazonaws.com", "localhost", "127.0.0.1",
                       "[::1]", some(rnd, "abcxyz019", 1, 60) + ".example"])
    port = rnd.choice([None, 80, 443, 4566, rnd.randint(1, 65535)])
    shown = port not in (None, {"http": 80, "https": 443}[scheme])
    pairs = []
    if rnd.random() < 0.9:
        pairs = [("Action", some(rnd, ALNUM, 1, 30)),
                 ("Version", rnd.choice(["2016-11-15", "2011-01-01"]))]
        for i in range(rnd.randint(0, 20)):
            pairs.append((rnd.choice(["InstanceId.%d", "Filter.%d.Value.1", "ü %d"]) % i,
                          some(rnd, TEXT, 0, 60)))
    return {
        "url": "%s://%s%s" % (scheme, name, "" if port is None else ":%d" % port),
        "access": some(rnd, "".join(c for c in VISIBLE if c not in "/,"), 1, 128),
        "secret": some(rnd, VISIBLE, 1, 256),
        "token": some(rnd, VISIBLE, 1, rnd.choice([1, 40, 4096]))
        if rnd.random() < 0.5 else "",
        "service": rnd.choice(["ec2", "autoscaling", "sts"]),
        "region": rnd.choice(["us-east-1", "eu-central-1", some(rnd, ALNUM + "-", 1, 64)]),
        "time": rnd.choice([0, 951782400, 253402300799, rnd.randrange(253402300800)]),
        "host": name + (":%d" % port if shown else ""),
        "path": random_path(rnd, path_chars),
        "type": TYPE,
        "pairs": pairs,
    }


def amz_date(seconds):
    return (datetime(1970, 1, 1) + timedelta(seconds=seconds)).strftime("%Y%m%dT%H%M%SZ")


def botocore_signs(case):
    request = AWSRequest(method="POST", url=case["url"] + case["path"],
                         data=urlencode(case["pairs"]).encode(),
                         headers={"Content-Type": case["type"]})
    request.context["timestamp"] = amz_date(case["time"])
    auth = SigV4Auth(Credentials(case["access"], case["secret"], case["token"] or None),
                     case["service"], case["region"])
    # add_auth() without its clock.
    auth._modify_request_before_signing(request)
    text = auth.string_to_sign(request, auth.canonical_request(request))
    auth._inject_signature_to_request(request, auth.signature(text, request))
    return request.headers["X-Amz-Date"], request.headers["Authorization"]


def hexed(*fields):
    # '.' first: no field is empty.
    return " ".join("." + f.encode().hex() for f in fields)


def ask(program, lines):
    out = subprocess.run([program], input="".join(l + "\n" for l in lines).encode(),
                         stdout=subprocess.PIPE, check=True).stdout.decode()
    answers = out.split("\n")[:-1]
    if len(answers) != len(lines):
        raise RuntimeError("%s: %d answers to %d lines" % (program, len(answers), len(lines)))
    return answers


def we_sign(build, cases):
    """[(date, authorization, body)]"""
    lines = []
    for c in cases:
        first = [c[k] for k in ("access", "secret", "token", "service", "region")]
        pairs = [c["pairs"][i][j] for i in range(len(c["pairs"])) for j in (0, 1)]
        lines.append(hexed(*first, str(c["time"]), c["host"], c["path"], c["type"],
                           *(pairs[1:2] + pairs[3:])))
    return [tuple((a.split("\t") + ["", ""])[:3]) for a in ask(build + "/tests/moto/sign", lines)]


class Listener(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen.append((self.path, self.headers, body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def libcurl_signs(build, cases):
    """Sends them to a listener; sets host and time as they were on the wire."""
    server = socketserver.TCPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    lines = []
    for c in cases:
        lines.append(hexed("http://127.0.0.1:%d%s" % (port, c["path"]), c["access"],
                           c["secret"], c["token"], c["service"], c["region"],
                           c["sent_host"], c["type"], urlencode(c["pairs"])))
    answers = ask(build + "/tests/moto/send", lines)
    server.shutdown()
    server.server_close()
    if answers != ["200"] * len(cases):
        raise RuntimeError("send: %s" % sorted(set(answers)))
    for c, (path, headers, body) in zip(cases, Listener.seen):
        c["host"] = headers["Host"]
        c["wire"] = (headers["X-Amz-Date"], headers["Authorization"], body.decode())
        c["time"] = timegm(strptime(headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ"))
        if (path, headers["Content-Type"]) != (c["path"], c["type"]) or \
                (headers["X-Amz-Security-Token"] or "") != c["token"]:
            raise RuntimeError("what was sent is not what was asked for")


class Tap:
    n = 0
    failed = 0

    def compare(self, name, cases, got, want):
        self.n += 1
        wrong = [i for i in range(len(cases)) if got[i] != want[i]]
        self.failed += bool(wrong)
        print("%sok %d - %s" % ("not " if wrong else "", self.n, name))
        for i in wrong[:3]:
            for title, what in (("case", cases[i]), ("got ", got[i]), ("want", want[i])):
                print("#   %s %r" % (title, what))


def main():
    build = sys.argv[1]
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))
    rnd = random.Random(seed)
    tap = Tap()
    print("1..3\n# SEED=%d" % seed, flush=True)

    cases = [random_case(rnd) for _ in range(CASES)]
    ours = we_sign(build, cases)
    tap.compare("%d bodies are those of urlencode" % CASES, cases,
                [o[2] for o in ours], [urlencode(c["pairs"]) for c in cases])
    tap.compare("%d signatures are those of botocore" % CASES, cases,
                [o[:2] for o in ours], [botocore_signs(c) for c in cases])

    cases = [random_case(rnd, ALNUM + "-_~") for _ in range(SENT)]
    for c in cases:
        c["access"] = some(rnd, ALNUM, 16, 128)
        c["sent_host"] = rnd.choice(["", c["host"]])
    libcurl_signs(build, cases)
    tap.compare("%d signatures are those of libcurl" % SENT, cases,
                we_sign(build, cases), [c["wire"] for c in cases])
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
