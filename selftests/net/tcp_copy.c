// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tcp_copy: a file over TCP, with nothing between the file and the socket that could hide a change.
 *
 *	tcp_copy listen PORT >FILE		take one connection to its end
 *	tcp_copy send ADDRESS PORT <FILE	by sendfile(), so that pages of the page cache travel as they are
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "tcp_copy: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int resolved(const char *address, const char *port, bool listening)
{
	const struct addrinfo hints = {
		.ai_family = listening ? AF_INET6 : AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | (listening ? AI_PASSIVE : 0),
	};
	struct addrinfo *ai;
	int one = 1, fd;

	if (getaddrinfo(address, port, &hints, &ai))
		die("not an address");
	fd = socket(ai->ai_family, SOCK_STREAM, 0);
	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (listening ? bind(fd, ai->ai_addr, ai->ai_addrlen) || listen(fd, 1) :
			connect(fd, ai->ai_addr, ai->ai_addrlen))
		die(listening ? "bind" : "connect");
	freeaddrinfo(ai);
	return fd;
}

static void take(const char *port)
{
	static char buffer[1 << 17];
	int fd = accept(resolved(NULL, port, true), NULL, NULL);
	ssize_t n;

	if (fd < 0)
		die("accept");
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		if (fwrite(buffer, 1, n, stdout) != (size_t)n)
			die("write");
	if (n < 0)
		die("read");
}

static void give(const char *address, const char *port)
{
	int fd = resolved(address, port, false);
	struct stat st;
	off_t at = 0;
	char end;

	if (fstat(STDIN_FILENO, &st))
		die("stat");
	while (at < st.st_size)
		if (sendfile(fd, STDIN_FILENO, &at, st.st_size - at) <= 0)
			die("sendfile");

	/* The other end closes when it has all. */
	shutdown(fd, SHUT_WR);
	if (read(fd, &end, 1) != 0)
		die("end of connection");
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "listen"))
		take(argv[2]);
	else if (argc == 4 && !strcmp(argv[1], "send"))
		give(argv[2], argv[3]);
	else
		return 2;
	return 0;
}
