"""All that the stand-in remembers: instances, settings, faults, the log."""

import collections
import secrets
import threading
import time

from ec2_wire import Refused, element, item_list, optional, stamp, state_xml, tag_xml

# state -> what follows by itself, and the setting that says when
MOVES = {"pending": ("running", "pending_ms"),
         "shutting-down": ("terminated", "shutdown_ms"),
         "stopping": ("stopped", "stop_ms"),
         "terminated": ("gone", "vanish_ms")}
DEAD = ("terminated", "gone")


class Instance:
    """One machine. What it shows is made once per state, see xml()."""

    def __init__(self, number, launch, now, clock):
        self.number, self.launch, self.made, self.clock = number, launch, now, clock
        self.id = "i-" + secrets.token_hex(9)[:17]
        self.tags, self.token = dict(launch["tags"]), launch["token"]
        self.type, self.zone, self.subnet = launch["type"], launch["zone"], launch["subnet"]
        self.state, self.since = "pending", now
        self.reason, self.slow, self.protected, self.health = None, False, launch["protected"], "ok"
        self.spot = None
        if launch["spot"]:
            self.spot = {"id": f"sir-{secrets.token_hex(4)}", "status": "fulfilled", "at": clock}
        address = (10, number >> 16 & 255, number >> 8 & 255, number & 255)
        self.ip = ".".join(map(str, address))
        self.name = f"ip-{'-'.join(map(str, address))}.ec2.internal"
        self.cached = None

    def enter(self, state, now):
        self.state, self.since, self.cached = state, now, None
        if self.spot and state in DEAD and self.spot["status"] == "fulfilled":
            self.spot["status"] = "instance-terminated-by-user"

    def settle(self, now, settings):
        """Makes the moves whose time has come."""
        while self.state in MOVES:
            after, setting = MOVES[self.state]
            wait = settings[setting]
            if self.slow and self.state == "pending" and settings["pending_last"]:
                return
            if wait is None or now < self.since + wait / 1000:
                return
            self.enter(after, self.since + wait / 1000)

    def end(self, now, code="Client.UserInitiatedShutdown", message=None):
        if self.state not in DEAD + ("shutting-down",):
            self.reason = (code, message or f"{code}: User initiated shutdown")
            self.enter("shutting-down", now)

    def addresses(self):
        """(private, public), known once it has run."""
        if self.state not in ("running", "stopping", "stopped"):
            return None, None
        public = self.launch["public"] and self.state == "running"
        return self.ip, "198.18." + ".".join(self.ip.split(".")[2:]) if public else None

    def network_xml(self, private, public):
        groups = item_list("groupSet", [element("groupId", g) + element("groupName", "name-" + g)
                                        for g in self.launch["groups"]])
        address = optional("privateIpAddress", private) + element("primary", "true")
        card = (element("networkInterfaceId", f"eni-{self.id[2:]}") + element("subnetId", self.subnet)
                + element("status", "in-use") + optional("privateIpAddress", private) + groups
                + f"<attachment>{element('status', 'attached')}</attachment>"
                + (f"<association>{element('publicIp', public)}</association>" if public else "")
                + item_list("privateIpAddressesSet", [address]) + tag_xml({"Name": "card"}))
        return groups + item_list("networkInterfaceSet", [card])

    def xml(self):
        """The item of instancesSet, without its reservation."""
        if self.cached is None:
            self.cached = self.make_xml()
        return self.cached

    def make_xml(self):
        state = "terminated" if self.state == "gone" else self.state
        private, public = self.addresses()
        launch = self.launch
        place = element("availabilityZone", self.zone) + element("groupName", launch["group"]) \
            + element("tenancy", launch["tenancy"])
        disk = element("deviceName", "/dev/xvda") + "<ebs>" + element("volumeId", f"vol-{self.id[2:]}") \
            + element("status", "attached") + "</ebs>"
        out = [element("instanceId", self.id), element("imageId", launch["image"]),
               state_xml("instanceState", state),
               element("privateDnsName", self.name if private else ""),
               element("dnsName", f"ec2-{public.replace('.', '-')}.example" if public else ""),
               element("reason", self.reason[1] if self.reason else ""),
               optional("keyName", launch["key"]), element("amiLaunchIndex", 0),
               "<productCodes/>", element("instanceType", self.type),
               element("launchTime", stamp(self.clock)), f"<placement>{place}</placement>",
               f"<monitoring>{element('state', 'disabled')}</monitoring>",
               element("subnetId", self.subnet), element("vpcId", "vpc-1"),
               optional("privateIpAddress", private), optional("ipAddress", public)]
        if self.reason:
            out.append(f"<stateReason>{element('code', self.reason[0])}"
                       f"{element('message', self.reason[1])}</stateReason>")
        if self.spot:
            out += [element("instanceLifecycle", "spot"), element("spotInstanceRequestId", self.spot["id"])]
        if launch["profile"]:
            out.append(f"<iamInstanceProfile>{element('arn', launch['profile'])}</iamInstanceProfile>")
        out += [element("architecture", "x86_64"), item_list("blockDeviceMapping", [disk]),
                element("clientToken", self.token or ""), tag_xml(self.tags),
                self.network_xml(private, public)]
        return "".join(out)

    def shown(self):
        """What /control/state says."""
        private, public = self.addresses()
        return {"id": self.id, "state": self.state, "type": self.type, "tags": self.tags,
                "token": self.token, "zone": self.zone, "subnet": self.subnet, "ip": private,
                "public_ip": public, "name": self.name if private else None,
                "reservation": self.launch["reservation"], "launch_time": stamp(self.clock),
                "spot": self.spot, "reason": self.reason, "foreign": self.launch["foreign"],
                "other_tags": self.launch["other_tags"]}


DEFAULTS = {"pending_ms": 0, "shutdown_ms": 0, "stop_ms": 0, "vanish_ms": 3600000,
            "invisible_ms": 0, "pending_last": 0, "capacity": {}, "quota": None, "buckets": {},
            "page": None, "shift_s": 0}
SUBNETS = {"subnet-a": "us-east-1a", "subnet-b": "us-east-1b", "subnet-c": "us-east-1c"}


class World:
    """All that is remembered. Whoever reads or changes it holds the lock."""

    def __init__(self, account):
        self.lock = threading.RLock()
        self.account = account
        self.log = []
        self.holds = []
        self.clear()

    def clear(self):
        """As at the start; the log and its numbers go on."""
        self.settings = dict(DEFAULTS)
        self.subnets = dict(SUBNETS)
        self.instances = {}  # in the order of their making
        self.numbers = 0
        self.tokens = {}  # (token, zone or "") -> (parameters, instances)
        self.by_request = collections.Counter()
        self.by_token = collections.Counter()
        self.faults = []
        self.levels = {}  # bucket -> (level, when)

    def clock(self):
        return time.time() + self.settings["shift_s"]

    def all(self):
        """All instances, in the state of this moment."""
        now, settings = time.monotonic(), self.settings
        for i in self.instances.values():
            i.settle(now, settings)
        return self.instances.values()

    def visible(self):
        """Those that a caller is shown."""
        hidden = self.settings["invisible_ms"]
        latest = -1 if hidden is None else time.monotonic() - hidden / 1000
        return [i for i in self.all() if i.state != "gone" and (i.made <= latest or i.launch["foreign"])]

    def make(self, launch, count, state="pending"):
        now, clock = time.monotonic(), self.clock()
        launch["reservation"] = "r-" + secrets.token_hex(9)[:17]
        made = []
        for n in range(count):
            self.numbers += 1
            i = Instance(self.numbers, launch, now, clock)
            i.slow = n >= count - self.settings["pending_last"]
            if state != "pending":
                i.enter(state, now)
            self.instances[i.id] = i
            made.append(i)
        return made

    def take_tokens(self, bucket, count):
        """Refuses when the bucket holds fewer; no bucket, no limit."""
        rule = self.settings["buckets"].get(bucket)
        if not rule:
            return
        size, refill = rule
        now = time.monotonic()
        level, when = self.levels.get(bucket, (size, now))
        level = min(size, level + (now - when) * refill)
        if level < count:
            self.levels[bucket] = (level, now)
            raise Refused("RequestLimitExceeded", "Request limit exceeded.")
        self.levels[bucket] = (level - count, now)

    def room(self, kind, zone):
        """How many more instances of a type fit, and what stops the next."""
        living = [i for i in self.all() if i.state not in DEAD]
        rooms = [(float("inf"), None)]
        if self.settings["quota"] is not None:
            rooms.append((self.settings["quota"] - len(living), "VcpuLimitExceeded"))
        for key in (kind, f"{kind}@{zone}", "*", f"*@{zone}"):
            limit = self.settings["capacity"].get(key)
            if limit is not None:
                used = sum((key[0] == "*" or i.type == kind) and ("@" not in key or i.zone == zone)
                           for i in living)
                rooms.append((limit - used, "InsufficientInstanceCapacity"))
        return min(rooms, key=lambda r: r[0])
