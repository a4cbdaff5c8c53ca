"""How a test rules and reads the stand-in: orders, faults, holds."""

import collections
import os
import sys
import time

from ec2_world import DEFAULTS
from ec2_actions import run_launch

# ---- Faults and holds

# kind -> whether the action is done all the same ("effect" in the fault wins)
FAULTS = {"error": False, "drop": False, "html": False, "lost": True, "late": True, "cut": True,
          "empty": True, "slow": True}


class Hold:
    """Requests of an action wait here until release(). The pipe is what they
    wait for: its end is seen by all of them."""

    def __init__(self, action, after, times):
        self.action, self.after, self.left = action, after, times
        self.waiting = 0
        self.read, self.write = os.pipe()

    def release(self):
        os.close(self.write)


def pick_fault(world, action, params):
    for f in world.faults:
        if f["action"] in (action, "*") and all(params.get(k) == v for k, v in f["match"].items()):
            if f["skip"] > 0:
                f["skip"] -= 1
                continue
            f["times"] -= 1
            if f["times"] <= 0:
                world.faults.remove(f)
            return f
    return None


def pick_hold(world, action, after):
    for h in world.holds:
        if h.action in (action, "*") and h.after == after and h.left > 0:
            h.left -= 1
            return h
    return None


# ---- Control

class Control:
    """The orders of POST /control; each key of the object is one:

    pending_ms, shutdown_ms, stop_ms, vanish_ms, invisible_ms
                  how long a state lasts, or a new instance is hidden; null is
                  for ever; also for instances that wait already
    pending_last  n: the last n of each launch stay pending until this is 0
    capacity      {TYPE or TYPE@ZONE: n}: living instances that fit; TYPE may be *
    quota         n: living instances of the account
    buckets       {ACTION or ACTION:instances: [size, refill per second]}
    page          n: no page is longer
    shift_s       how far the server's clock is ahead
    subnets       {ID: ZONE}: more subnets
    credentials   {key, secret, token}: what is accepted from now on; null: all
    fault         {kind, action, times, skip, match, effect, ...} or a list of
                  them; null removes all. kinds: error (code, message, status);
                  drop, lost (rst: true for a reset); late (ms); cut; html
                  (status, body) and empty (status); slow (ms in all, bytes at
                  once)
    hold          {action, after, times}: wait before, or after, the effect
    release       ACTION or "*"
    add           {count, tags, type, subnet, state, token, spot}: instances of others
    take          WHICH + {code, message, state}: ended by somebody else; state
                  terminated, stopped or gone: at once
    notice        WHICH + {status}: a spot instance is about to be interrupted
    tag           WHICH + {set: {key: value}}: tags changed by somebody else
    protect       WHICH + {on}: against termination
    health        WHICH + {status}: as DescribeInstanceStatus tells it
    reset         true: all instances, settings and faults are forgotten
    WHICH is {ids, tags, state, count}: all that match, the oldest count of them
    """

    def __init__(self, world):
        self.world = world

    def order(self, order):
        world, out = self.world, {}
        with world.lock:
            for key, value in order.items():
                if key in DEFAULTS:
                    self.set(key, value)
                elif hasattr(self, "do_" + key):
                    ids = getattr(self, "do_" + key)(value)
                    if ids is not None:
                        out["ids"] = out.get("ids", []) + ids
                else:
                    raise ValueError(f"unknown key {key}")
        return out

    def set(self, key, value):
        kind = type(DEFAULTS[key]) if DEFAULTS[key] is not None else int
        if key in ("capacity", "buckets"):
            value = value or {}
        elif value is not None and kind is int and not isinstance(value, (int, float)):
            raise ValueError(f"{key}: not a number")
        if value is None and key not in ("quota", "page") and not key.endswith("_ms"):
            raise ValueError(f"{key}: null")
        self.world.all()  # what was due by the old settings has happened
        self.world.settings[key] = value
        if key == "buckets":
            self.world.levels = {}

    def which(self, spec):
        tags, ids = spec.get("tags", {}), spec.get("ids")
        states = [spec["state"]] if "state" in spec else ["pending", "running", "stopping", "stopped"]
        found = [i for i in self.world.all() if (i.id in ids if ids is not None else i.state in states)
                 and all(i.tags.get(k) == v for k, v in tags.items())]
        return found[:spec.get("count", len(found))]

    def do_subnets(self, value):
        self.world.subnets.update(value)

    def do_credentials(self, value):
        self.world.account = value and {"token": None, **value}

    def do_fault(self, value):
        if value is None:
            self.world.faults = []
            return
        for f in value if isinstance(value, list) else [value]:
            if f.get("kind") not in FAULTS:
                raise ValueError(f"fault: kind is not one of {', '.join(FAULTS)}")
            self.world.faults.append({"action": "*", "times": 1, "skip": 0, "match": {},
                                      "effect": FAULTS[f["kind"]], **f})

    def do_hold(self, value):
        self.world.holds.append(Hold(value.get("action", "*"), bool(value.get("after")),
                                     value.get("times", sys.maxsize)))

    def do_release(self, value):
        for h in [h for h in self.world.holds if value in (h.action, "*")]:
            self.world.holds.remove(h)
            h.release()

    def do_add(self, value):
        subnet = value.get("subnet", "subnet-a")
        p = {"ImageId": "ami-foreign", "InstanceType": value.get("type", "t3.medium")}
        launch = run_launch(self.world, p, subnet, self.world.subnets[subnet], {})
        launch.update(foreign=True, token=value.get("token"), tags=value.get("tags", {}),
                      spot=value.get("spot", False))
        return [i.id for i in self.world.make(launch, value.get("count", 1), value.get("state", "running"))]

    def do_take(self, value):
        now, some = time.monotonic(), self.which({k: v for k, v in value.items() if k != "state"})
        code = value.get("code", "Client.UserInitiatedShutdown")
        for i in some:
            i.end(now, code, value.get("message"))
            if i.spot and code.startswith("Server.Spot"):
                i.spot.update(status="instance-terminated-no-capacity", at=self.world.clock())
            if value.get("state", "shutting-down") != "shutting-down":
                i.enter(value["state"], now)
        return [i.id for i in some]

    def do_notice(self, value):
        some = [i for i in self.which(value) if i.spot]
        for i in some:
            i.spot.update(status=value.get("status", "marked-for-termination"), at=self.world.clock())
        return [i.id for i in some]

    def do_tag(self, value):
        some = self.which(value)
        for i in some:
            i.tags.update(value["set"])
            i.cached = None
        return [i.id for i in some]

    def do_protect(self, value):
        some = self.which(value)
        for i in some:
            i.protected = value.get("on", True)
        return [i.id for i in some]

    def do_health(self, value):
        some = self.which(value)
        for i in some:
            i.health = value["status"]
        return [i.id for i in some]

    def do_reset(self, _):
        self.do_release("*")
        self.world.clear()

    # What GET /control/... answers.

    def get_counters(self, _):
        world = self.world
        held = collections.Counter()
        for h in world.holds:
            held[h.action] += h.waiting
        return {"made": world.numbers, "requests": world.by_request, "tokens": world.by_token,
                "states": collections.Counter(i.state for i in world.all()), "held": held,
                "calls": collections.Counter(e["action"] for e in world.log), "last": len(world.log)}

    def get_state(self, query):
        world = self.world
        return {**self.get_counters(query), "instances": [i.shown() for i in world.all()],
                "settings": world.settings, "faults": world.faults, "subnets": world.subnets}

    def get_log(self, query):
        return self.world.log[int(query.get("since", 0)):]
