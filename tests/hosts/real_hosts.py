#!/usr/bin/env python3
"""A rolling restart of a service on five hosts, behind nginx and under load, and what can go wrong there.  TAP.

usage: real_hosts.py PRUSIK

Each host is namespaces with a systemd, an sshd and a network of its own (hosts.py).  After each story the fleet is on one version.
"""
import json
import os
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "scenario"))
# pylint: disable=wrong-import-position
from hosts import NET, Network, missing  # noqa: E402
from tap import DEADLINE_S, await_, check, read, run_tests, same, write  # noqa: E402

PRUSIK = os.path.realpath(sys.argv[1])
HERE = os.path.dirname(os.path.realpath(__file__))
NAMES = ["web1", "web2", "web3", "web4", "web5"]

# Version 1 runs; 2 is installed.  /opt/shop/wait keeps the service from starting: somebody is then in the middle of a restart.
MORE = f"""
mkdir -p opt/shop/v1 opt/shop/v2
cp {HERE}/shop.py opt/shop/
echo 1 > opt/shop/v1/version
echo 2 > opt/shop/v2/version
[ -e opt/shop/current ] || ln -s v1 opt/shop/current
cat > etc/systemd/system/shop.service << 'UNIT'
[Service]
ExecStartPre=/bin/sh -c 'cat /opt/shop/current/version >> /opt/shop/starts; while [ -e /opt/shop/wait ]; do sleep 0.05; done'
ExecStart={sys.executable} /opt/shop/shop.py /opt/shop/current
ExecStartPost=/bin/sh -c 'until curl -s -o /dev/null localhost:8080; do sleep 0.05; done'
UNIT
ln -sf ../shop.service etc/systemd/system/multi-user.target.wants/
"""

DOC = """# Release the shop

## Deployment

```bash
ssh web
ln -sfn v2 /opt/shop/current
systemctl restart shop
exit
```

## Rollback

```bash
ssh web
ln -sfn v1 /opt/shop/current
systemctl restart shop
exit
```
"""

NGINX = """daemon off;
worker_processes 1;
pid {home}/nginx.pid;
error_log {home}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {home}/t1; proxy_temp_path {home}/t2; fastcgi_temp_path {home}/t3; uwsgi_temp_path {home}/t4;
  scgi_temp_path {home}/t5;
  upstream shop {{ {servers} }}
  server {{
    listen 80;
    location / {{
      proxy_pass http://shop;
      proxy_connect_timeout 5s;
      proxy_read_timeout 20s;
      proxy_next_upstream error timeout http_500;
    }}
  }}
}}
"""


class Place:
    """The hosts, nginx before them, and somebody who asks it."""

    def __init__(self):
        self.net = Network(NAMES, MORE)
        self.nginx = None

    def begin(self):
        self.net.begin()
        home = f"{self.net.home}/nginx"
        os.mkdir(home)
        servers = " ".join(f"server {h.address}:8080 max_fails=1 fail_timeout=1s;" for h in self.net.hosts)
        write(f"{home}/nginx.conf", NGINX.format(home=home, servers=servers))
        nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        self.nginx = subprocess.Popen(self.net.here(nginx, "-p", home, "-c", f"{home}/nginx.conf", "-e", f"{home}/error.log"),
                                      stdin=subprocess.DEVNULL)
        await_("nginx", lambda: subprocess.run(self.net.here("curl", "-sf", "-o", "/dev/null", f"http://{NET}.1/"),
                                               check=False).returncode == 0)

    def close(self):
        if self.nginx:
            self.nginx.terminate()
            self.nginx.wait(DEADLINE_S)
        self.net.close()

    def versions(self):
        """Of what answers on each host."""
        found = []
        for h in self.net.hosts:
            done = subprocess.run(self.net.here("curl", "-s", f"http://{h.address}:8080/"), capture_output=True, text=True,
                                  check=False)
            found.append(json.loads(done.stdout)["version"] if done.returncode == 0 else None)
        return found

    def reset(self):
        for h in self.net.hosts:
            done = h.ssh("rm -f /opt/shop/wait /opt/shop/starts /opt/shop/v2/broken && ln -sfn v1 /opt/shop/current &&"
                         " systemctl restart shop")
            check(done.returncode == 0, f"{h.name}: {done.stderr}")
        same("versions before", self.versions(), ["1"] * len(NAMES))


PLACE = None


def prusik(*argv):
    return subprocess.Popen(PLACE.net.here(PRUSIK, *argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, env={**os.environ, "CI": "true", "NO_COLOR": "1"})


def end(p, want):
    out, _ = p.communicate(timeout=DEADLINE_S)
    check(p.returncode == want, f"exit status {p.returncode} instead of {want}\n{out}")
    return out


def release(prepare=None, in_doubt="again", health="60s"):
    """prepare: (host, command), before it begins."""
    PLACE.reset()
    if prepare:
        PLACE.net[prepare[0]].ssh(prepare[1])
    write("release.md", DOC)
    options = json.dumps(PLACE.net.ssh_options())
    hosts = "".join(f"  {h.name}: {{address: root@{h.address}, ssh: {options}}}\n" for h in PLACE.net.hosts)
    write("prusik.yaml", f"environment: test\nhosts:\n{hosts}  web: {{group: [{', '.join(NAMES)}], batch: 1, "
          f"health: {{http: \"http://{{address}}:8080/\", within: {health}, every: 100ms}}}}\n"
          f"steps: {{deployment: {{in_doubt: {in_doubt}}}}}\non_failure: rollback\n")
    return prusik("run", "release.md", "--operator", "ann")


def under_load(story):
    """The story, while somebody asks; nobody may be sent away."""
    def visited():
        visitor = subprocess.Popen(PLACE.net.here(sys.executable, f"{HERE}/visitor.py", f"http://{NET}.1/"),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        try:
            visitor.stdout.readline()
            story()
        finally:
            visitor.terminate()
            out, _ = visitor.communicate(timeout=DEADLINE_S)
            count = json.loads(out)
            print(f"# {story.__name__}: {count['asked']} requests, {count['lost']} lost,"
                  f" the slowest {count['slowest_ms']} ms", flush=True)
        check(count["asked"] > 20 and count["lost"] == 0, f"{count}")
    visited.__name__ = story.__name__
    return visited


def starts(name):
    try:
        return read(PLACE.net[name].path("opt/shop/starts")).split()
    except FileNotFoundError:
        return []


def told(*words):
    """What somebody reads the next morning."""
    text = end(prusik("report", "--format", "markdown"), 0)
    for word in words:
        check(word in text, f"the report says nothing of '{word}'\n{text}")


# --- the stories


@under_load
def a_release_rolls_through_five_hosts_and_nobody_is_sent_away():
    end(release(), 0)
    same("versions", PLACE.versions(), ["2"] * 5)
    told(*NAMES)
    same("starts", [starts(name)[-1:] for name in NAMES], [["2"]] * 5)


@under_load
def one_host_whose_new_version_is_unhealthy_brings_the_whole_fleet_back():
    out = end(release(("web4", "touch /opt/shop/v2/broken"), health="10s"), 5)
    check("web4" in out and "left alone" in out, out)
    told("web4: exit status 22, HTTP 500", "nothing was changed on web5: left alone", "**Rolled back**")
    same("versions", PLACE.versions(), ["1"] * 5)
    same("the fifth was never touched", starts("web5"), ["1"])


@under_load
def one_host_is_cut_off_in_the_middle_of_its_restart():
    host = PLACE.net["web3"]
    p = release(("web3", "touch /opt/shop/wait"))
    await_("the restart of web3", lambda: starts("web3")[-1:] == ["2"])
    host.cut()
    try:
        out = end(p, 6)
        check("web3" in out, out)
        os.unlink(host.path("opt/shop/wait"))
    finally:
        host.mend()
    end(prusik("resume"), 5)
    told("web3", "begun before an interruption", "cannot be reached", "**Rolled back**")
    same("versions", PLACE.versions(), ["1"] * 5)


@under_load
def one_host_loses_its_power_in_the_middle_of_its_restart():
    host = PLACE.net["web2"]
    p = release(("web2", "touch /opt/shop/wait"))
    await_("the restart of web2", lambda: starts("web2")[-1:] == ["2"])
    host.power_off()
    out = end(p, 6)
    check("web2" in out, out)
    os.unlink(host.path("opt/shop/wait"))
    host.power_on()
    end(prusik("resume"), 5)
    told("web2", "begun before an interruption", "**Rolled back**")
    same("versions", PLACE.versions(), ["1"] * 5)


TESTS = [a_release_rolls_through_five_hosts_and_nobody_is_sent_away,
         one_host_whose_new_version_is_unhealthy_brings_the_whole_fleet_back,
         one_host_is_cut_off_in_the_middle_of_its_restart, one_host_loses_its_power_in_the_middle_of_its_restart]


def main():
    why = missing()
    if why:  # PRUSIK_NO_SKIP: what is missing is a failure
        print("1..1\n" + (f"not ok 1 - {why}" if os.environ.get("PRUSIK_NO_SKIP") else f"ok 1 - hosts # SKIP {why}"))
        return 1 if os.environ.get("PRUSIK_NO_SKIP") else 0
    global PLACE  # pylint: disable=global-statement
    PLACE = Place()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was begun is ended
    try:
        PLACE.begin()
        return run_tests(TESTS)
    finally:
        PLACE.close()


sys.exit(main())
