/*
 * The client of an old exercise on hole punching, with its defects. It works on
 * one machine. Find out where it fails behind NATs, and why.
 *
 *   cc -o old-client old-client.c && ./old-client SERVER-ADDRESS
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in endpoint(const char *address, int port)
{
    struct sockaddr_in to;
    memset(&to, 0, sizeof to);
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    inet_pton(AF_INET, address, &to.sin_addr);
    return to;
}

static int dial(const char *address, int port)
{
    struct sockaddr_in to = endpoint(address, port);
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    perror("connect");
    close(fd);
    return -1;
}

/* The first client dials the second one, and says hello each second. */
static void first(const char *address, int port)
{
    int fd = -1, tries;
    for (tries = 0; tries < 10 && fd < 0; tries++) {
        fd = dial(address, port);
        sleep(1);
    }
    while (fd >= 0 && write(fd, "Hello, world\n", 14) == 14) {
        printf("send message: Hello, world\n");
        fflush(stdout);
        sleep(1);
    }
}

/* The second client opens its NAT by a dial, then waits for the first one. */
static void second(const char *address, int port, int own_port)
{
    struct sockaddr_in own = endpoint("0.0.0.0", own_port);
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    char text[256];
    ssize_t length;
    close(dial(address, port));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&own, sizeof own) != 0 || listen(fd, 5) != 0) {
        perror("listen");
        exit(1);
    }
    fd = accept(fd, NULL, NULL);
    while ((length = read(fd, text, sizeof text - 1)) > 0) {
        text[length] = 0;
        printf("recv message: %s", text);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    char text[256] = "", address[32] = "";
    int port = 0, own_port = 0;
    int server = argc > 1 ? dial(argv[1], 8877) : -1;
    if (server < 0 || read(server, text, sizeof text - 1) <= 0)
        return 1;
    printf("recv message: %s\n", text);
    fflush(stdout);
    if (strncmp(text, "first", 5) == 0) {
        memset(text, 0, sizeof text);
        if (read(server, text, sizeof text - 1) <= 0 || sscanf(text, "%31s %d", address, &port) != 2)
            return 1;
        first(address, port);
    } else if (sscanf(text, "%31s %d %d", address, &port, &own_port) == 3) {
        second(address, port, own_port);
    }
    return 0;
}
