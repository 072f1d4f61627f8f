"""A client of the classic protocol that punches."""
import random
import select
import socket
import sys


def on(port):
    """A socket with this port. The server's, the dial's and the listener's share one."""
    one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    one.bind(("0.0.0.0", port))
    return one


def is_connected(one):
    try:
        return one.getpeername() is not None
    except OSError:
        return False


def punch(port, peer):
    """Dials again and again, and listens meanwhile, until one of the two gives a connection."""
    listener = None
    while True:
        dial = on(port)
        dial.setblocking(False)
        dial.connect_ex(peer)
        if listener is None:
            listener = on(port)
            listener.listen(1)
        accepted, ended, _ = select.select([listener], [dial], [])
        if ended and is_connected(dial):
            return dial
        dial.close()
        # Two that wait equally long never cross.
        if not accepted:
            accepted = select.select([listener], [], [], random.uniform(0.02, 0.15))[0]
        if accepted:
            return listener.accept()[0]


server = on(0)
server.connect((sys.argv[1], 8877))
port = server.getsockname()[1]
words = b""
while not words.endswith(b"\0") or words == b"first\n\0":
    words += server.recv(128) or sys.exit("the server has gone")
is_first = words.startswith(b"first\n\0")
address, peer_port = words.removeprefix(b"first\n\0").rstrip(b"\n\0").split()[:2]
peer = punch(port, (address.decode(), int(peer_port)))
peer.setblocking(True)
while True:
    if is_first:
        peer.sendall(b"Hello, world\n\0")
    if select.select([peer], [], [], 1)[0]:
        heard = peer.recv(128) or sys.exit()
        print(heard.decode().replace("\0", ""), end="", flush=True)
