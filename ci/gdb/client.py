"""A client of the remote protocol that is not GDB: it sends what it likes, as fast as it likes."""

import socket


def frame(content):
    data = content.encode() if isinstance(content, str) else content
    return b"$%s#%02x" % (data, sum(data) & 255)


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.came = b""
        self.send(frame("QStartNoAckMode"))
        self.answers(1)
        self.send(b"+")
        self.acks = False
        self.ask("QNonStop:1")
        self.ask("?")

    def send(self, data):
        self.socket.sendall(data)

    def answers(self, count):
        """The next so many answers; what comes between is noted as notifications."""
        found, self.notes = [], []
        while len(found) < count:
            start = min((at for at in (self.came.find(b"$"), self.came.find(b"%")) if at >= 0), default=-1)
            end = self.came.find(b"#", start)
            if start < 0 or end < 0 or len(self.came) < end + 3:
                more = self.socket.recv(65536)
                if not more:
                    raise ConnectionError("the server has closed the connection")
                self.came += more
                continue
            content = self.came[start + 1 : end]
            (found if self.came[start : start + 1] == b"$" else self.notes).append(content.decode(errors="replace"))
            self.came = self.came[end + 3 :]
        return found

    def ask(self, content):
        self.send(frame(content))
        return self.answers(1)[0]

    def monitor(self, line):
        return bytes.fromhex(self.ask("qRcmd," + line.encode().hex())).decode()

    def close(self):
        self.socket.close()
