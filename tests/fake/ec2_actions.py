"""What each action of the API does."""

import base64
import binascii
import collections
import hashlib
import re
import sys
import time

from ec2_wire import (
    CODES, Refused, element, invalid, item_list, optional, stamp, state_xml, structs, tag_xml,
    tags_of, values)
from ec2_world import DEAD

MAX_IDS = 1000


# ---- Filters and pages

def pattern_of(text):
    """A filter value: * and ? are wild, a backslash takes that away."""
    out = []
    for m in re.finditer(r"\\(.)|(.)", text, re.DOTALL):
        plain, char = m.groups()
        out.append({"*": ".*", "?": "."}.get(char) or re.escape(plain or char))
    return "".join(out)


def matcher(texts):
    plain = {t for t in texts if not re.search(r"[*?\\]", t)}
    wild = [pattern_of(t) for t in texts if t not in plain]
    if not wild:
        return plain.__contains__
    regex = re.compile("|".join(wild), re.DOTALL)
    return lambda v: v is not None and (v in plain or regex.fullmatch(v) is not None)


INSTANCE_FILTERS = {
    "instance-id": lambda i: i.id, "instance-state-name": lambda i: i.state,
    "instance-state-code": lambda i: str(CODES[i.state]), "client-token": lambda i: i.token,
    "instance-type": lambda i: i.type, "availability-zone": lambda i: i.zone,
    "subnet-id": lambda i: i.subnet, "image-id": lambda i: i.launch["image"],
    "reservation-id": lambda i: i.launch["reservation"],
    "spot-instance-request-id": lambda i: i.spot and i.spot["id"],
    "instance-lifecycle": lambda i: "spot" if i.spot else None}


def has_key(test):
    return lambda thing: any(map(test, thing.tags))


def has_value(get, test):
    return lambda thing: test(get(thing))


def has_tag(key, test):
    return lambda thing: test(thing.tags.get(key))


def filters_of(params, known):
    """The tests that all must pass."""
    entries, tests = structs(params, "Filter"), []
    if len(entries) > 50:
        raise Refused("FilterLimitExceeded", "more than 50 filters")
    for entry in entries:
        name = entry.get("Name", "")
        texts = values({"." + k: v for k, v in entry.items()}, ".Value")
        if len(texts) > 200:
            raise Refused("FilterLimitExceeded", f"more than 200 values of filter {name}")
        if not texts or any(len(t) > 255 for t in texts):
            raise invalid("Filter", name, "no value, or one of over 255 characters")
        test = matcher(texts)
        if name == "tag-key":
            tests.append(has_key(test))
        elif name.startswith("tag:") and len(name) > 4:
            tests.append(has_tag(name[4:], test))
        elif name in known:
            tests.append(has_value(known[name], test))
        else:
            raise Refused("InvalidParameterValue", f"The filter '{name}' is invalid")
    return tests


def query_of(params):
    """What a page belongs to: its token is no good for another question."""
    asked = sorted((k, v) for k, v in params.items() if k.startswith("Filter."))
    return hashlib.sha256(repr(asked).encode()).hexdigest()[:16]


def page_of(world, params, things, tests, id_list):
    """(things of this page, the nextToken or None). Things have a number."""
    size, token = params.get("MaxResults"), params.get("NextToken")
    start = 0
    if id_list and values(params, id_list):
        if size or token:
            raise Refused("InvalidParameterCombination", f"{id_list}.N excludes MaxResults and NextToken")
        return [t for t in things if all(test(t) for test in tests)], None
    if size and not 5 <= int(size) <= 1000:
        raise invalid("MaxResults", size, "not 5 to 1000")
    if token:
        try:
            query, start = base64.urlsafe_b64decode(token).decode().split()
            start = int(start)
        except (ValueError, binascii.Error):
            query = None
        if query != query_of(params):
            raise Refused("InvalidPaginationToken", "The token is not one of this query")
    most = min(int(size or sys.maxsize), world.settings["page"] or sys.maxsize)
    found = []
    for t in things:
        if t.number > start and all(test(t) for test in tests):
            if len(found) == most:
                text = f"{query_of(params)} {found[-1].number}"
                return found, base64.urlsafe_b64encode(text.encode()).decode()
            found.append(t)
    return found, None


def with_ids(world, params, limit=MAX_IDS, required=True):
    """The visible instances of InstanceId.N; one unknown id refuses all."""
    ids = list(dict.fromkeys(values(params, "InstanceId")))
    if not ids and required:
        raise Refused("MissingParameter", "The request must contain the parameter InstanceId")
    if len(ids) > limit:
        raise Refused("InvalidParameterValue", f"more than {limit} instance ids")
    bad = [i for i in ids if not re.fullmatch(r"i-([0-9a-f]{8}|[0-9a-f]{17})", i)]
    if bad:
        raise Refused("InvalidInstanceID.Malformed", f'Invalid id: "{bad[0]}"')
    known = {i.id: i for i in world.visible()}
    missing = [i for i in ids if i not in known]
    if missing:
        many = len(missing) > 1
        raise Refused("InvalidInstanceID.NotFound",
                      f"The instance ID{'s' * many} '{', '.join(missing)}' do{'es' * (not many)} not exist")
    return [known[i] for i in ids]


# ---- Actions: (world, parameters, line of the log) -> XML within the response

def run_check(world, p):
    """What is wrong with a launch before anything is looked up."""
    if "MinCount" not in p or "MaxCount" not in p:
        raise Refused("MissingParameter", "The request must contain MinCount and MaxCount")
    if not 1 <= int(p["MinCount"]) <= int(p["MaxCount"]):
        raise Refused("InvalidParameterValue", "not 1 <= MinCount <= MaxCount")
    template = any(k.startswith("LaunchTemplate.LaunchTemplate") for k in p)
    if not template and "ImageId" not in p:
        raise Refused("MissingParameter", "The request must contain the parameter ImageId")
    if not re.match(r"ami-|resolve:ssm:", p.get("ImageId", "ami-")):
        raise Refused("InvalidAMIID.Malformed", f'Invalid id: "{p["ImageId"]}"')
    if not re.fullmatch(r"[\x21-\x7e]{0,64}", p.get("ClientToken", "")):
        raise invalid("ClientToken", p["ClientToken"], "not up to 64 visible ASCII characters")
    cards = structs(p, "NetworkInterface")
    if cards and any(k == "SubnetId" or k.startswith("SecurityGroup") for k in p):
        raise Refused("InvalidParameterCombination",
                      "subnet and security groups belong into NetworkInterface when one is given")
    try:
        data = base64.b64decode(p.get("UserData", ""), validate=True)
    except binascii.Error:
        raise Refused("InvalidUserData.Malformed", "UserData is not base64") from None
    if len(data) > 16384:
        raise Refused("InvalidParameterValue", "User data is limited to 16384 bytes")
    subnet = p.get("SubnetId") or (cards[0].get("SubnetId") if cards else None)
    if subnet and subnet not in world.subnets:
        raise Refused("InvalidSubnetID.NotFound", f"The subnet ID '{subnet}' does not exist")
    zone, asked = world.subnets.get(subnet), p.get("Placement.AvailabilityZone")
    if asked and asked not in world.subnets.values():
        raise invalid("Placement.AvailabilityZone", asked, "no such zone")
    if zone and asked and zone != asked:
        raise Refused("InvalidParameterCombination", f"{subnet} is not in {asked}")
    return subnet, zone or asked, cards[0] if cards else {}


def run_launch(world, p, subnet, zone, card):
    """What all instances of a launch have in common."""
    spot = p.get("InstanceMarketOptions.MarketType") == "spot"
    tags, resources = {}, {"instance": {}}
    for spec in structs(p, "TagSpecification"):
        resource = spec.get("ResourceType", "")
        allowed = {"instance", "volume", "network-interface"} | ({"spot-instances-request"} if spot else set())
        if resource not in allowed or resource in tags:
            raise invalid("TagSpecification.ResourceType", resource, "cannot be tagged here, or twice")
        tags[resource] = tags_of(structs({"." + k: v for k, v in spec.items()}, ".Tag"))
    resources.update(tags)
    zone = zone or "us-east-1a"
    groups = values(p, "SecurityGroupId") \
        or values({"." + k: v for k, v in card.items()}, ".SecurityGroupId") or ["sg-default"]
    return {"tags": resources.pop("instance"), "other_tags": resources, "spot": spot,
            "token": p.get("ClientToken") or None, "type": p.get("InstanceType", "m1.small"),
            "zone": zone, "subnet": subnet or next(s for s, z in world.subnets.items() if z == zone),
            "image": p.get("ImageId", "ami-of-template"), "key": p.get("KeyName"), "groups": groups,
            "profile": p.get("IamInstanceProfile.Arn") or p.get("IamInstanceProfile.Name"),
            "group": p.get("Placement.GroupName", ""), "tenancy": p.get("Placement.Tenancy", "default"),
            "public": card.get("AssociatePublicIpAddress") == "true", "foreign": False,
            "protected": p.get("DisableApiTermination") == "true",
            "price": p.get("InstanceMarketOptions.SpotOptions.MaxPrice"),
            "spot_type": p.get("InstanceMarketOptions.SpotOptions.SpotInstanceType", "one-time")}


def run_instances(world, p, entry):
    subnet, zone, card = run_check(world, p)
    launch = run_launch(world, p, subnet, zone, card)
    # The token counts within a zone where one is named, else in the region.
    key = (launch["token"], zone or "")
    if launch["token"] and key in world.tokens:
        before, made = world.tokens[key]
        if before != p:
            raise Refused("IdempotentParameterMismatch", "The token was used with other parameters")
        entry["replay"] = True
        world.all()
    else:
        room, code = world.room(launch["type"], launch["zone"])
        if room < int(p["MinCount"]):
            raise Refused(code, f"no room for {p['MinCount']} of {launch['type']} in {launch['zone']}")
        count = min(int(p["MaxCount"]), room)
        world.take_tokens("RunInstances:instances", count)
        made = world.make(launch, count)
        if launch["token"]:
            world.tokens[key] = (dict(p), made)
            world.by_token[launch["token"]] += count
        if "hf:request" in launch["tags"]:
            world.by_request[launch["tags"]["hf:request"]] += count
    entry["ids"] = [i.id for i in made]
    return reservation_xml(made)


def reservation_xml(instances):
    return (element("reservationId", instances[0].launch["reservation"]) + element("ownerId", "123456789012")
            + "<groupSet/>" + item_list("instancesSet", [i.xml() for i in instances]))


def describe_instances(world, p, entry):
    tests = filters_of(p, INSTANCE_FILTERS)
    some = with_ids(world, p, required=False) or world.visible()
    found, token = page_of(world, p, some, tests, "InstanceId")
    groups = {}
    for i in found:
        groups.setdefault(i.launch["reservation"], []).append(i)
    entry["found"] = len(found)
    return item_list("reservationSet", map(reservation_xml, groups.values())) + optional("nextToken", token)


def change(world, p, entry, action):
    """The answer of Terminate, Stop and Start; action changes an instance."""
    some = with_ids(world, p)
    world.take_tokens(entry["action"] + ":instances", len(some))
    out = []
    before = [(i, i.state) for i in some]
    action(some, time.monotonic())
    for i, state in before:
        out.append(element("instanceId", i.id) + state_xml("currentState", i.state)
                   + state_xml("previousState", state))
    entry["ids"] = [i.id for i in some]
    return item_list("instancesSet", out)


def only_from(instances, states, what):
    for i in instances:
        if i.state not in states:
            raise Refused("IncorrectInstanceState", f"The instance '{i.id}' is not in a state to {what}")


def terminate_instances(world, p, entry):
    def action(some, now):
        kept = [i for i in some if i.protected and i.state not in DEAD]
        zones = {i.zone for i in kept}
        for i in some:
            if i.zone not in zones:
                i.end(now)
        if kept:
            raise Refused("OperationNotPermitted", f"The instance '{kept[0].id}' may not be terminated")
    return change(world, p, entry, action)


def stop_instances(world, p, entry):
    def action(some, now):
        only_from(some, ("running", "stopping", "stopped"), "be stopped")
        for i in some:
            if i.spot and i.launch["spot_type"] == "one-time":
                raise Refused("UnsupportedOperation", f"{i.id} is of a one-time spot request")
        for i in some:
            if i.state == "running":
                i.reason = ("Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: stopped")
                i.enter("stopping", now)
    return change(world, p, entry, action)


def start_instances(world, p, entry):
    def action(some, now):
        only_from(some, ("stopped", "pending", "running"), "be started")
        for i in some:
            if i.state == "stopped":
                i.reason = None
                i.enter("pending", now)
    return change(world, p, entry, action)


def reboot_instances(world, p, entry):
    some = with_ids(world, p)
    only_from(some, ("running",), "be rebooted")
    entry["ids"] = [i.id for i in some]
    return element("return", "true")


def create_tags(world, p, entry):
    ids, tags = values(p, "ResourceId"), tags_of(structs(p, "Tag"))
    if not ids or not tags:
        raise Refused("MissingParameter", "The request must contain ResourceId and Tag")
    others = [i for i in ids if not i.startswith("i-")]
    if others:
        raise Refused("InvalidID", f"The ID '{others[0]}' is not valid")
    some = with_ids(world, {f"InstanceId.{n}": i for n, i in enumerate(ids, 1)})
    if any(len({**i.tags, **tags}) > 50 for i in some):
        raise Refused("TagLimitExceeded", "more than 50 tags for one resource")
    for i in some:
        i.tags.update(tags)
        i.cached = None
    entry["ids"] = ids
    return element("return", "true")


def describe_instance_status(world, p, entry):
    tests = filters_of(p, INSTANCE_FILTERS)
    some = with_ids(world, p, limit=100, required=False) or world.visible()
    if p.get("IncludeAllInstances") != "true":
        some = [i for i in some if i.state == "running"]
    found, token = page_of(world, p, some, tests, "InstanceId")
    entry["found"] = len(found)
    out = []
    for i in found:
        health = i.health if i.state == "running" else "not-applicable"
        out.append(element("instanceId", i.id) + element("availabilityZone", i.zone) + "<eventsSet/>"
                   + state_xml("instanceState", i.state)
                   + f"<systemStatus>{element('status', health)}</systemStatus>"
                   + f"<instanceStatus>{element('status', health)}</instanceStatus>")
    return item_list("instanceStatusSet", out) + optional("nextToken", token)


def spot_state(i):
    return "closed" if i.state in DEAD else "active"


SPOT_FILTERS = {"instance-id": lambda i: i.id, "spot-instance-request-id": lambda i: i.spot["id"],
                "state": spot_state, "status-code": lambda i: i.spot["status"]}


def describe_spot_instance_requests(world, p, entry):
    tests = filters_of(p, SPOT_FILTERS)
    some = [i for i in world.all() if i.spot]
    ids = set(values(p, "SpotInstanceRequestId"))
    missing = ids - {i.spot["id"] for i in some}
    if missing:
        raise Refused("InvalidSpotInstanceRequestID.NotFound",
                      f"The spot instance request ID '{', '.join(sorted(missing))}' does not exist")
    found, token = page_of(world, p, [i for i in some if not ids or i.spot["id"] in ids], tests,
                           "SpotInstanceRequestId")
    entry["found"] = len(found)
    out = []
    for i in found:
        status = element("code", i.spot["status"]) + element("updateTime", stamp(i.spot["at"])) \
            + element("message", i.spot["status"])
        spec = element("imageId", i.launch["image"]) + element("instanceType", i.type)
        out.append(element("spotInstanceRequestId", i.spot["id"]) + optional("spotPrice", i.launch["price"])
                   + element("type", i.launch["spot_type"]) + element("state", spot_state(i))
                   + f"<status>{status}</status><launchSpecification>{spec}</launchSpecification>"
                   + element("instanceId", i.id) + element("createTime", stamp(i.clock))
                   + tag_xml(i.launch["other_tags"].get("spot-instances-request", {})))
    return item_list("spotInstanceRequestSet", out) + optional("nextToken", token)


Subnet = collections.namedtuple("Subnet", "number id zone tags")
SUBNET_FILTERS = {"subnet-id": lambda s: s.id, "availability-zone": lambda s: s.zone,
                  "vpc-id": lambda s: "vpc-1"}


def describe_subnets(world, p, entry):
    tests = filters_of(p, SUBNET_FILTERS)
    ids = values(p, "SubnetId")
    for i in ids:
        if i not in world.subnets:
            raise Refused("InvalidSubnetID.NotFound", f"The subnet ID '{i}' does not exist")
    some = [Subnet(n, i, z, {}) for n, (i, z) in enumerate(world.subnets.items(), 1) if not ids or i in ids]
    found, token = page_of(world, p, some, tests, "SubnetId")
    entry["found"] = len(found)
    out = [element("subnetId", s.id) + element("state", "available") + element("vpcId", "vpc-1")
           + element("availabilityZone", s.zone) + element("availableIpAddressCount", 16000) for s in found]
    return item_list("subnetSet", out) + optional("nextToken", token)


ACTIONS = {"RunInstances": run_instances, "DescribeInstances": describe_instances,
           "TerminateInstances": terminate_instances, "StopInstances": stop_instances,
           "StartInstances": start_instances, "RebootInstances": reboot_instances,
           "CreateTags": create_tags, "DescribeInstanceStatus": describe_instance_status,
           "DescribeSpotInstanceRequests": describe_spot_instance_requests,
           "DescribeSubnets": describe_subnets}
