/* A client of the classic protocol that punches. -DDEFECT=… puts one defect into it. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#ifndef DEFECT
#define DEFECT NONE
#endif
enum { NONE, FRESH_PORT, OUTSIDE_PORT, BLOCKS, NO_RETRY, FIXED_PERIOD };

static struct sockaddr_in at(const char *ip, int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, ip, &a.sin_addr);
  return a;
}
/* A socket with this port. The server's, the dial's and the listener's share one. */
static int on(int port, int how) {
  int one = 1, fd = socket(AF_INET, SOCK_STREAM | how, 0);
  struct sockaddr_in own = at("0.0.0.0", port);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  if (bind(fd, (void *)&own, sizeof own) < 0) { perror("bind"); exit(1); }
  return fd;
}
/* Dials again and again, and listens meanwhile, until one of the two gives a connection. */
static int punch(struct sockaddr_in peer, int dial_port, int listen_port) {
  for (int listener = -1;;) {
    int dial = on(dial_port, DEFECT == BLOCKS ? 0 : SOCK_NONBLOCK);
    connect(dial, (void *)&peer, sizeof peer);
    if (listener < 0) listen(listener = on(listen_port, 0), 1);
    struct pollfd p[2] = {{dial, POLLOUT, 0}, {listener, POLLIN, 0}};
    poll(p, 2, -1);
    if (p[0].revents && getpeername(dial, (void *)&peer, &(socklen_t){sizeof peer}) == 0) return dial;
    close(dial);
    if (DEFECT == NO_RETRY && !p[1].revents) exit(1);
    int pause = DEFECT == FIXED_PERIOD ? 1500 : 20 + rand() % 128; /* Equal ones never cross. */
    if (p[1].revents || poll(p + 1, 1, pause) > 0) return accept(listener, 0, 0);
  }
}
int main(int argc, char **argv) {
  struct sockaddr_in own, server = at(argc > 1 ? argv[1] : "", 8877);
  int from = on(0, 0), peer_port = 0, outside_port = 0;
  char ip[16] = "", buffer[128], *line = 0;
  srand(getpid());
  if (connect(from, (void *)&server, sizeof server) < 0) { perror("connect"); return 1; }
  getsockname(from, (void *)&own, &(socklen_t){sizeof own});
  FILE *in = fdopen(from, "r");
  int first = getdelim(&line, &(size_t){0}, 0, in) > 0 && *line == 'f';
  if (first && getdelim(&line, &(size_t){0}, 0, in) < 0) return 1;
  sscanf(line, "%15s %d %d", ip, &peer_port, &outside_port);
  int port = ntohs(own.sin_port), listens = DEFECT == OUTSIDE_PORT && !first ? outside_port : port;
  int fd = punch(at(ip, peer_port), DEFECT == FRESH_PORT ? 0 : port, listens);
  for (ssize_t got = 0;;) {
    if (first && write(fd, "Hello, world\n", 14) < 0) return 1;
    if (poll(&(struct pollfd){fd, POLLIN, 0}, 1, 1000) == 0) continue;
    if ((got = read(fd, buffer, sizeof buffer)) <= 0) return 0;
    if (write(1, buffer, got) < 0) return 1;
  }
}
