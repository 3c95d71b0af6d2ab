"""A command on a pseudo-terminal, for scenarios in Python."""
import fcntl
import os
import pty
import re
import select
import struct
import termios
import time

from tap import DEADLINE_S, Failed


class Terminal:
    """A command on a pseudo-terminal of its own."""

    def __init__(self, *argv, columns=100, rows=40, env=None):
        self.seen, self.at = "", 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            for name in ("CI", "NO_COLOR"):  # what the tests run under is not what they are about
                os.environ.pop(name, None)
            os.environ.update({"TERM": "xterm-256color", **(env or {})})
            os.execv(argv[0], argv)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))

    def _read(self, timeout_s):
        if not select.select([self.fd], [], [], timeout_s)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the other end is closed
            data = b""
        self.seen += data.decode("utf-8", "replace")
        return bool(data)

    def read_some(self):
        """What is there is read; False."""
        return self._read(0) and False

    def await_text(self, pattern):
        """Read until the pattern comes after what was awaited last."""
        end = time.monotonic() + DEADLINE_S
        while True:
            match = re.compile(pattern).search(self.seen, self.at)
            if match:
                self.at = match.end()
                return match
            if time.monotonic() > end or not self._read(DEADLINE_S):
                raise Failed(f"{pattern!r} does not come; there is:\n{self.seen[-3000:]}")

    def await_silence(self):
        """Until nothing was shown for several ticks of the live lines."""
        while self._read(1):
            pass

    def send(self, text):
        os.write(self.fd, text.encode())

    def close(self):
        os.close(self.fd)
        self.fd = -1

    def end(self):
        """The exit status, after all that was printed."""
        while self.fd >= 0 and self._read(DEADLINE_S):
            pass
        _, status = os.waitpid(self.pid, 0)
        if self.fd >= 0:
            os.close(self.fd)
        return os.waitstatus_to_exitcode(status)

    def plain(self):
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.seen)
