"""What names mean: /etc/hosts, search lists, and name servers that answer about one family
only. getent (glibc) beside ddump, where both can say it."""

import time

import pytest

from lab import WORKER, wait_for
from test_cli_targets import new_world, world  # noqa: F401

V4, V6 = ["127.5.0.1"], ["::1"]
BAD = ["NXDOMAIN", "REFUSED", "SERVFAIL", None]
NAMES = {f"a-{bad}.svc".lower(): {"A": V4, "AAAA": bad} for bad in BAD}
NAMES |= {f"aaaa-{bad}.svc".lower(): {"A": bad, "AAAA": V6} for bad in BAD}
NAMES |= {f"only-{bad}.svc".lower(): {"A": bad, "AAAA": bad} for bad in BAD[1:]}
NAMES |= {f"mixed.{d}": has for d, has in (("first", {"A": V4, "AAAA": "NXDOMAIN"}), ("second", ["127.5.0.2", "::1"]))}
NAMES |= {"web.prod.second": ["127.5.0.3"], "web.both": ["127.5.0.4"], "web.both.second": ["127.5.0.5"],
          "late.first": {"A": "NXDOMAIN", "AAAA": None}, "late.second": ["127.5.0.6"],
          "lame.first": "SERVFAIL", "lame.second": ["127.5.0.7"],
          "empty.first": [], "empty.second": ["127.5.0.8"]}
MANY = {"many.svc": {"A": [f"127.5.1.{i}" for i in range(1, 201)], "AAAA": None}}


def get(world, *args):
    """Where ddump connected, and its messages."""
    code, log, got = world.run(*args)
    return [g.split()[0] for g in got], log


def getent(world, name):
    """Where glibc would connect."""
    lines = world.space.run(*world.with_files("getent", "ahosts", name), check=False).stdout.decode()
    return [l.split()[0] for l in lines.splitlines() if "STREAM" in l]


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_a_family_that_is_not_told_leaves_the_other(new_world, bad):
    """As one target, and as all addresses of the name, which says what it does not know. A
    server that says no is not waited for."""
    world = new_world(names=NAMES, conf=f"options timeout:{60 if bad else 1}\n")
    for name, address in ((f"a-{bad}.svc", V4), (f"aaaa-{bad}.svc", V6)):
        begin = time.monotonic()
        assert get(world, name)[0] == address and (not bad or getent(world, name) == address)
        where, log = get(world, "--connect-timeout", "1m", "dns+http://" + name)
        assert time.monotonic() - begin < 50
        missing = {None: "no answer about IPv", "NXDOMAIN": ""}.get(bad, "the name server refused to tell IPv")
        assert where == address and missing in log and (missing or ("refused" not in log and "no answer" not in log))


@pytest.mark.parametrize("name, words", [
    ("nowhere.svc", "no such host"),
    ("only-refused.svc", "the name server refused to answer"),
    ("only-servfail.svc", "the name server refused to answer"),
    ("only-none.svc", "the name server does not answer (/etc/resolv.conf)"),
])
def test_the_message_tells_no_such_name_from_no_answer(new_world, name, words):
    world = new_world(names=NAMES, conf="options timeout:1\n")
    for target in (name, "dns+http://" + name):
        where, log = get(world, target)
        assert not where and f"ddump: {name}: {words}; check the target's name" in log, log


def test_no_server_at_all_is_no_answer(new_world):
    world = new_world(names=NAMES, conf="nameserver 127.9.9.9\noptions timeout:60\n")
    world.server.stop()
    assert "few.svc: the name server does not answer" in get(world, "few.svc")[1]


@pytest.mark.parametrize("name, address", [
    ("mixed", "127.5.0.1"),       # the first domain has it, though it has no AAAA there
    ("web.prod", "127.5.0.3"),    # asked as given, then along the list
    ("web.both", "127.5.0.4"),
    ("web.both.second.", "127.5.0.5"),
    ("lame", "127.5.0.7"),        # a domain that fails does not end the list
    ("empty", "127.5.0.8"),
    ("MIXED", "127.5.0.1"),
])
def test_search_lists_are_gone_along_as_getent_does(new_world, name, address):
    world = new_world(names=NAMES, conf="search first second\n")
    assert get(world, name)[0] == [address] == getent(world, name)


def test_half_an_answer_does_not_end_the_search_list(new_world):
    world = new_world(names=NAMES, conf="search first second\noptions timeout:1\n")
    assert get(world, "late")[0] == ["127.5.0.6"]


def test_a_name_that_ends_with_a_dot_is_not_searched_for(new_world):
    world = new_world(names=NAMES, conf="search first second\n")
    where, log = get(world, "mixed.")
    assert not where and "mixed.: no such host" in log and "mixed.first" not in world.server.log()


def test_ndots_decides_what_is_asked_first(new_world):
    world = new_world(names=NAMES, conf="search second\noptions ndots:2\n")
    assert get(world, "web.both")[0] == ["127.5.0.5"] == getent(world, "web.both")


def test_a_name_server_that_is_dead_costs_nothing_beside_one_that_answers(new_world):
    """127.9.9.9 refuses (nothing listens), and 127.8.8.8 drops."""
    world = new_world(names=NAMES, conf="nameserver 127.8.8.8\n")
    world.space.ip("route", "add", "blackhole", "127.8.8.8", "table", "local")
    with open(world.lab.tmp + "/resolv.conf", "w") as f:
        f.write("nameserver 127.9.9.9\nnameserver 127.8.8.8\nnameserver 127.0.0.1\noptions timeout:60\n")
    for name, address in (("a-nxdomain.svc", V4), ("web.both", ["127.5.0.4"])):
        begin = time.monotonic()
        assert get(world, "--connect-timeout", "1m", "dns+http://" + name)[0] == address
        assert time.monotonic() - begin < 50


def test_a_cut_answer_beside_a_silent_one_is_asked_for_over_tcp(new_world):
    world = new_world(names=MANY, conf="options timeout:1\n")
    where, log = get(world, "dns+http://many.svc")
    assert len(where) == 200 and "many.svc: no answer about IPv6 addresses" in log
    assert len(get(world, "many.svc")[0]) == 1 and "tcp" in world.server.log()


HOSTS = """127.5.0.1 Db1.Corp db1 # db2
127.5.0.2\tDB1
::1 db1
::1 db6
127.5.0.3 dotted.
fe80::1%nowhere 300.1.1.1 strange
#127.5.0.9 web.both
"""


@pytest.mark.parametrize("name", ["db1", "DB1", "dB1.cORP", "db6", "dotted.", "web.both", "db2", "dotted", "strange"])
def test_hosts_are_matched_as_getent_does(new_world, name):
    world = new_world(names=NAMES, hosts=HOSTS)
    where, log = get(world, "dns+http://" + name)
    assert sorted(where) == sorted(getent(world, name)) and (where or "no such host" in log)


def test_a_full_name_may_stand_in_hosts_without_its_dot(new_world):
    """Where no name server knows better, as web.both."""
    world = new_world(names=NAMES, hosts=HOSTS + "127.5.0.9 web.both\n")
    assert get(world, "DB6.")[0] == V6
    assert get(world, "web.both.")[0] == ["127.5.0.4"]
    assert get(world, "web.both")[0] == ["127.5.0.9"]


def test_hosts_with_one_family_leave_the_other_to_the_name_server(new_world):
    world = new_world(names=NAMES | {"db6": V4}, hosts=HOSTS)
    assert get(world, "-4", "db6")[0] == V4 and get(world, "-6", "db6")[0] == V6


def test_a_worker_listens_on_a_name_of_hosts(new_world):
    """And asks no name server for one."""
    world = new_world(names={"elsewhere": V4}, hosts="127.5.0.1 Local-Host\n")
    worker = world.lab.start(world.space, world.with_files(WORKER, "-listen", "local-host:8476"))
    wait_for(lambda: "listening on 127.5.0.1:8476" in worker.log(), "it listens: " + worker.log())
    for name, words in (("elsewhere:8476", "neither an address nor a name of /etc/hosts"),
                        ("local-host:x", "not a port"), ("local-host", "a port alone is written :8475")):
        done = world.space.run(*world.with_files(WORKER, "-listen", name), check=False)
        assert done.returncode == 2 and words in done.stderr.decode()
    assert "elsewhere" not in world.server.log()
