/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTTP/1.1 load generator that keeps the truth: one JSON line per request with what it asked, what it got and when,
 * on CLOCK_MONOTONIC, the clock spans are made of. Tests compare spans with this log, never with an expectation of their own.
 *
 *   truth-client --port P [options] "GET /hello" "POST /echo 1000" "POST /echo 1000 chunked" ...
 *
 * Targets are used in turn; `{n}` in a path becomes the number of the request. Exit code 0: every request was answered.
 *
 *   --host A         IPv4 or IPv6 address; default 127.0.0.1
 *   --connections N  at the same time; default 1
 *   --requests M     per connection; default 1
 *   --seconds S      instead of M: as many as fit, and the answers that are still due
 *   --rate R         at most R requests per second, over all connections
 *   --close          one connection per request
 *   --burst          the first requests go out when all connections are there
 *   --fifo           real-time priority: the log then shows the server's time and not this program's wake-up
 *   --pipeline D     D requests in one write, before any answer; default 1
 *   --split K        pieces of K bytes, each a write (and, with no delay, a segment) of its own
 *   --gap-us G       pause between pieces
 *   --header "A: b"  added to every request; may be repeated
 *   --log FILE       default standard output
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HEAD_MAX 16384
#define PIPELINE_MAX 64
#define CHUNK 1000

enum state { CLOSED, CONNECTING, IDLE, BUSY };
enum body { HEAD, LENGTH, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER, UNTIL_CLOSE };

struct target {
	char method[16], path[512];
	size_t body;
	bool chunked;
};

struct record {
	uint64_t number, send_ns, first_ns, end_ns, handler_ns, bytes;
	int target, connection, status, port;
	const char *error;
};

struct connection {
	int fd, index, port;
	enum state state;
	char *out;
	size_t out_size, out_sent, out_capacity;
	struct record due[PIPELINE_MAX]; /* requests sent, oldest first */
	int due_count, due_done;
	uint64_t issued;
	enum body body;
	char head[HEAD_MAX];
	size_t head_size, left, line_size;
	bool close_after;
};

static struct {
	struct sockaddr_storage address;
	socklen_t address_size;
	int connections, pipeline;
	uint64_t requests, deadline_ns, interval_ns, split, gap_us;
	double seconds;
	bool close, burst, fifo;
	char headers[4096], host[80];
	const char *log;
	struct target *targets;
	int target_count;
} config = { .connections = 1, .pipeline = 1, .requests = 1, .host = "127.0.0.1" };

static struct connection *connections;
static struct record *records;
static size_t record_count, record_capacity;
static uint64_t next_number, next_send_ns;
static int epoll_fd, connected_count;
static bool started, failed;

static void die(const char *what)
{
	fprintf(stderr, "truth-client: %s: %s\n", what, errno ? strerror(errno) : "bad argument");
	exit(2);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void watch(struct connection *c, int operation, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = c };

	if (epoll_ctl(epoll_fd, operation, c->fd, &event))
		die("epoll_ctl");
}

static void keep(const struct record *record)
{
	if (record_count == record_capacity) {
		record_capacity = record_capacity ? record_capacity * 2 : 4096;
		records = realloc(records, record_capacity * sizeof(*records));
		if (!records)
			die("realloc");
	}
	records[record_count++] = *record;
	failed |= record->error != NULL;
}

static void open_connection(struct connection *c)
{
	int one = 1;

	c->fd = socket(config.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		die("socket");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->state = CONNECTING;
	c->body = HEAD;
	c->head_size = 0;
	c->close_after = false;
	if (connect(c->fd, (struct sockaddr *)&config.address, config.address_size) && errno != EINPROGRESS)
		die("connect");
	watch(c, EPOLL_CTL_ADD, EPOLLOUT);
}

static void close_connection(struct connection *c, const char *error)
{
	for (int i = c->due_done; i < c->due_count; i++) {
		c->due[i].error = error;
		c->due[i].end_ns = now_ns();
		keep(&c->due[i]);
	}
	c->due_count = c->due_done = 0;
	close(c->fd);
	c->fd = -1;
	c->state = CLOSED;
}

static bool wants_more(const struct connection *c)
{
	return config.deadline_ns ? now_ns() < config.deadline_ns : c->issued < config.requests;
}

static char *reserve(struct connection *c, size_t more)
{
	if (c->out_size + more > c->out_capacity) {
		c->out_capacity = c->out_size + more;
		c->out = realloc(c->out, c->out_capacity);
		if (!c->out)
			die("realloc");
	}
	return c->out + c->out_size;
}

static void append_body(struct connection *c, const struct target *target)
{
	size_t left = target->body;

	if (!target->chunked) {
		memset(reserve(c, left), 'x', left);
		c->out_size += left;
		return;
	}
	while (left) {
		size_t size = left < CHUNK ? left : CHUNK;
		char *at = reserve(c, size + 16);
		int line = sprintf(at, "%zx\r\n", size);

		memset(at + line, 'x', size);
		memcpy(at + line + size, "\r\n", 2);
		c->out_size += (size_t)line + size + 2;
		left -= size;
	}
	memcpy(reserve(c, 5), "0\r\n\r\n", 5);
	c->out_size += 5;
}

static void append_path(char *into, size_t size, const char *path, uint64_t number)
{
	const char *hole = strstr(path, "{n}");

	if (hole)
		snprintf(into, size, "%.*s%llu%s", (int)(hole - path), path, (unsigned long long)number, hole + 3);
	else
		snprintf(into, size, "%s", path);
}

static void append_request(struct connection *c)
{
	uint64_t number = next_number++;
	int index = (int)(number % (uint64_t)config.target_count);
	const struct target *target = &config.targets[index];
	char path[600], framing[64] = "";

	append_path(path, sizeof(path), target->path, number);
	if (target->chunked)
		snprintf(framing, sizeof(framing), "Transfer-Encoding: chunked\r\n");
	else if (target->body)
		snprintf(framing, sizeof(framing), "Content-Length: %zu\r\n", target->body);
	c->out_size += (size_t)sprintf(reserve(c, 8192), "%s %s HTTP/1.1\r\nHost: truth\r\n%s%s%s\r\n", target->method, path,
				       framing, config.headers, config.close ? "Connection: close\r\n" : "");
	append_body(c, target);
	c->due[c->due_count++] = (struct record){ .number = number, .target = index, .connection = c->index, .port = c->port };
	c->issued++;
}

static void flush(struct connection *c)
{
	while (c->out_sent < c->out_size) {
		size_t size = c->out_size - c->out_sent;

		if (config.split && size > config.split)
			size = config.split;
		ssize_t sent = send(c->fd, c->out + c->out_sent, size, MSG_NOSIGNAL);
		if (sent < 0) {
			/* A peer that answers early and closes is seen by the read, with its answer. */
			if (errno == EAGAIN)
				watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
			else
				watch(c, EPOLL_CTL_MOD, EPOLLIN);
			return;
		}
		c->out_sent += (size_t)sent;
		if (config.gap_us && c->out_sent < c->out_size)
			usleep((useconds_t)config.gap_us);
	}
	watch(c, EPOLL_CTL_MOD, EPOLLIN);
}

static void send_requests(struct connection *c)
{
	int depth = config.close ? 1 : config.pipeline;

	c->out_size = c->out_sent = 0;
	c->due_count = c->due_done = 0;
	for (int i = 0; i < depth && (i == 0 || wants_more(c)); i++)
		append_request(c);
	uint64_t at = now_ns();
	for (int i = 0; i < c->due_count; i++)
		c->due[i].send_ns = at;
	c->state = BUSY;
	flush(c);
}

static void finish_response(struct connection *c, uint64_t at)
{
	struct record *record = &c->due[c->due_done];

	record->end_ns = at;
	keep(record);
	c->due_done++;
	c->body = HEAD;
	c->head_size = 0;
	if (c->due_done == c->due_count) {
		c->due_count = c->due_done = 0;
		c->state = IDLE;
	}
}

static const char *header_value(const char *head, const char *name)
{
	size_t size = strlen(name);

	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
		if (!strncasecmp(line + 2, name, size) && line[2 + size] == ':')
			return line + 2 + size + 1 + strspn(line + 3 + size, " ");
	}
	return NULL;
}

/* The head is whole: which framing follows (RFC 9112 section 6.3)? */
static void begin_body(struct connection *c, uint64_t at)
{
	struct record *record = &c->due[c->due_done];
	const char *method = config.targets[record->target].method, *value;

	c->head[c->head_size] = 0;
	record->status = atoi(c->head + 9);
	c->head_size = 0;
	if (record->status >= 100 && record->status < 200 && record->status != 101)
		return;
	value = header_value(c->head, "x-handler-ns");
	record->handler_ns = value ? strtoull(value, NULL, 10) : 0;
	value = header_value(c->head, "connection");
	c->close_after = config.close || (value && !strncasecmp(value, "close", 5));
	if (!strcmp(method, "HEAD") || record->status == 204 || record->status == 304 || record->status == 101) {
		finish_response(c, at);
	} else if ((value = header_value(c->head, "transfer-encoding")) && !strncasecmp(value, "chunked", 7)) {
		c->body = CHUNK_SIZE;
		c->line_size = 0;
		c->left = 0;
	} else if ((value = header_value(c->head, "content-length"))) {
		c->left = strtoull(value, NULL, 10);
		c->body = LENGTH;
		if (!c->left)
			finish_response(c, at);
	} else {
		c->body = UNTIL_CLOSE;
	}
}

/* Takes in one byte of chunk framing. */
static void chunk_byte(struct connection *c, char byte, uint64_t at)
{
	if (byte != '\n') {
		if (c->body == CHUNK_SIZE && c->line_size < 16)
			c->head[c->line_size] = byte;
		c->line_size += byte != '\r';
		return;
	}
	if (c->body == CHUNK_SIZE) {
		c->head[c->line_size < 16 ? c->line_size : 16] = 0;
		c->left = strtoull(c->head, NULL, 16);
		c->body = c->left ? CHUNK_DATA : TRAILER;
	} else if (c->body == CHUNK_END) {
		c->body = CHUNK_SIZE;
	} else if (c->line_size == 0) {
		finish_response(c, at);
	}
	c->line_size = 0;
}

static void take_in(struct connection *c, const char *bytes, size_t size, uint64_t at)
{
	for (size_t i = 0; i < size && c->state == BUSY;) {
		struct record *record = &c->due[c->due_done];

		if (!record->first_ns)
			record->first_ns = at;
		if (c->body == HEAD) {
			if (c->head_size == HEAD_MAX - 1)
				die("response head too large");
			c->head[c->head_size++] = bytes[i++];
			if (c->head_size >= 4 && !memcmp(c->head + c->head_size - 4, "\r\n\r\n", 4))
				begin_body(c, at);
		} else if (c->body == LENGTH || c->body == CHUNK_DATA || c->body == UNTIL_CLOSE) {
			size_t part = size - i;

			if (c->body != UNTIL_CLOSE && part > c->left)
				part = c->left;
			record->bytes += part;
			i += part;
			if (c->body == UNTIL_CLOSE)
				continue;
			c->left -= part;
			if (!c->left && c->body == LENGTH)
				finish_response(c, at);
			else if (!c->left)
				c->body = CHUNK_END;
		} else {
			chunk_byte(c, bytes[i++], at);
		}
	}
}

static void receive(struct connection *c)
{
	static char buffer[262144];

	while (c->state != CLOSED) {
		ssize_t size = recv(c->fd, buffer, sizeof(buffer), 0);
		uint64_t at = now_ns();

		if (size < 0 && errno == EAGAIN)
			return;
		if (size > 0) {
			take_in(c, buffer, (size_t)size, at);
			if (c->state == IDLE && c->close_after)
				close_connection(c, NULL);
			continue;
		}
		if (size == 0 && c->state == BUSY && c->body == UNTIL_CLOSE)
			finish_response(c, at);
		close_connection(c, size < 0 ? "reset" : "closed");
	}
}

static void handle(struct connection *c, uint32_t events)
{
	if (c->state == CONNECTING) {
		int error = 0;
		socklen_t size = sizeof(error);
		struct sockaddr_in6 local;
		socklen_t local_size = sizeof(local);

		getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
		if (error) {
			errno = error;
			die("connect");
		}
		getsockname(c->fd, (struct sockaddr *)&local, &local_size);
		c->port = ntohs(local.sin6_port);
		c->state = IDLE;
		connected_count++;
		watch(c, EPOLL_CTL_MOD, EPOLLIN);
		return;
	}
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		receive(c);
	if (c->state == BUSY && (events & EPOLLOUT))
		flush(c);
}

/* Gives work to every connection that has none; returns how many still have some, or will. */
static int dispatch(int *timeout_ms)
{
	int alive = 0;

	*timeout_ms = -1;
	if (config.burst && connected_count < config.connections)
		return 1;
	if (!started) {
		started = true;
		next_send_ns = now_ns();
		if (config.seconds > 0)
			config.deadline_ns = next_send_ns + (uint64_t)(config.seconds * 1e9);
	}
	for (int i = 0; i < config.connections; i++) {
		struct connection *c = &connections[i];

		if (c->state == CLOSED && wants_more(c))
			open_connection(c);
		if (c->state == IDLE && wants_more(c)) {
			uint64_t now = now_ns();

			if (now >= next_send_ns) {
				next_send_ns = config.interval_ns ? next_send_ns + config.interval_ns : now;
				send_requests(c);
			} else {
				*timeout_ms = 1;
			}
		}
		alive += c->state == BUSY || c->state == CONNECTING || (c->state == IDLE && wants_more(c));
	}
	return alive;
}

static void write_log(void)
{
	FILE *log = config.log ? fopen(config.log, "w") : stdout;
	char path[600];

	if (!log)
		die(config.log);
	for (size_t i = 0; i < record_count; i++) {
		const struct record *r = &records[i];
		const struct target *target = &config.targets[r->target];

		append_path(path, sizeof(path), target->path, r->number);
		fprintf(log, "{\"connection\":%d,\"port\":%d,\"number\":%llu,\"method\":\"%s\",\"path\":\"%s\",\"status\":%d,\"sendNs\":%llu,"
			"\"firstByteNs\":%llu,\"endNs\":%llu,\"handlerNs\":%llu,\"sentBody\":%zu,\"receivedBody\":%llu",
			r->connection, r->port, (unsigned long long)r->number, target->method, path, r->status,
			(unsigned long long)r->send_ns, (unsigned long long)r->first_ns, (unsigned long long)r->end_ns,
			(unsigned long long)r->handler_ns, target->body, (unsigned long long)r->bytes);
		if (r->error)
			fprintf(log, ",\"error\":\"%s\"", r->error);
		fputs("}\n", log);
	}
	if (fflush(log))
		die("log");
}

static void parse_target(char *text)
{
	struct target *target;
	char mode[16] = "";

	config.targets = realloc(config.targets, (size_t)(config.target_count + 1) * sizeof(*target));
	if (!config.targets)
		die("realloc");
	target = memset(&config.targets[config.target_count++], 0, sizeof(*target));
	errno = 0;
	if (sscanf(text, "%15s %511s %zu %15s", target->method, target->path, &target->body, mode) < 2)
		die(text);
	target->chunked = !strcmp(mode, "chunked");
}

static void parse_host(const char *host, int port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&config.address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&config.address;

	errno = 0;
	if (port < 1 || port > 65535)
		die("--port");
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		config.address_size = sizeof(*v4);
	} else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		config.address_size = sizeof(*v6);
	} else {
		die(host);
	}
}

static void parse_arguments(int count, char **arguments)
{
	static const struct option options[] = {
		{ "host", 1, 0, 'h' }, { "port", 1, 0, 'p' }, { "connections", 1, 0, 'c' }, { "requests", 1, 0, 'n' },
		{ "seconds", 1, 0, 's' }, { "rate", 1, 0, 'r' }, { "close", 0, 0, 'C' }, { "burst", 0, 0, 'b' },
		{ "fifo", 0, 0, 'f' }, { "pipeline", 1, 0, 'P' }, { "split", 1, 0, 'k' }, { "gap-us", 1, 0, 'g' },
		{ "header", 1, 0, 'H' }, { "log", 1, 0, 'l' }, { 0 },
	};
	int option, port = 0;

	while ((option = getopt_long(count, arguments, "", options, NULL)) != -1) {
		switch (option) {
		case 'h': snprintf(config.host, sizeof(config.host), "%s", optarg); break;
		case 'p': port = atoi(optarg); break;
		case 'c': config.connections = atoi(optarg); break;
		case 'n': config.requests = strtoull(optarg, NULL, 10); break;
		case 's': config.seconds = atof(optarg); break;
		case 'r': config.interval_ns = (uint64_t)(1e9 / atof(optarg)); break;
		case 'C': config.close = true; break;
		case 'b': config.burst = true; break;
		case 'f': config.fifo = true; break;
		case 'P': config.pipeline = atoi(optarg); break;
		case 'k': config.split = strtoull(optarg, NULL, 10); break;
		case 'g': config.gap_us = strtoull(optarg, NULL, 10); break;
		case 'l': config.log = optarg; break;
		case 'H':
			if (strlen(config.headers) + strlen(optarg) + 3 > sizeof(config.headers))
				die("--header");
			strcat(strcat(config.headers, optarg), "\r\n");
			break;
		default: exit(2);
		}
	}
	for (int i = optind; i < count; i++)
		parse_target(arguments[i]);
	errno = 0;
	if (config.connections < 1 || config.pipeline < 1 || config.pipeline > PIPELINE_MAX || !config.target_count)
		die("arguments");
	parse_host(config.host, port);
}

int main(int count, char **arguments)
{
	struct epoll_event events[256];
	int timeout_ms;

	parse_arguments(count, arguments);
	if (config.fifo && sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 10 }))
		die("sched_setscheduler");
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	connections = calloc((size_t)config.connections, sizeof(*connections));
	if (epoll_fd < 0 || !connections)
		die("start");
	for (int i = 0; i < config.connections; i++) {
		connections[i].index = i;
		open_connection(&connections[i]);
	}
	while (dispatch(&timeout_ms)) {
		int ready = epoll_wait(epoll_fd, events, 256, timeout_ms);

		for (int i = 0; i < ready; i++)
			handle(events[i].data.ptr, events[i].events);
	}
	write_log();
	return failed;
}
