/* SPDX-License-Identifier: MIT */
/* Heads of requests and responses: from bytes to struct http_head. Printing is http_print.c's. */
#include "net/http.h"
#include "net/http_names.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define FAULT(head, status, ...) (snprintf((head)->why, sizeof((head)->why), __VA_ARGS__), (status))

/* What the fields say of the message itself, gathered before it is judged. */
struct fields {
	bool host;
	bool transfer_encoding, chunked;
	bool close, keep_alive, upgrade;
	bool websocket, version_13;
	const char *key;
};

static char *cut_line(char *bytes, char *end, char **ret_next);
static int parse_request_line(char *line, struct http_head *ret);
static int parse_status_line(char *line, struct http_head *ret);
static int parse_fields(char *bytes, char *end, struct http_head *ret, struct fields *fields);

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"};

size_t http_head_size(const char *bytes, size_t size, size_t from)
{
	size_t start = from > 3 ? from - 3 : 0;
	const char *end;

	if (size < start + 4)
		return 0;
	end = memmem(bytes + start, size - start, "\r\n\r\n", 4);
	return end ? (size_t)(end - bytes) + 4 : 0;
}

int http_parse_request(char *bytes, size_t size, struct http_head *ret)
{
	struct fields fields = {0};
	char *end = bytes + size - 2; /* the empty line is not a field */
	char *next, *line = cut_line(bytes, end, &next);
	int status;

	*ret = (struct http_head){0};
	if (!line)
		return FAULT(ret, 400, "the request line holds a byte that it may not hold");
	status = parse_request_line(line, ret);
	if (status == 0)
		status = parse_fields(next, end, ret, &fields);
	if (status != 0)
		return status;
	if (!fields.host && !ret->old)
		return FAULT(ret, 400, "the request has no Host");
	if (fields.transfer_encoding)
		return FAULT(ret, 411,
		        "a body needs a Content-Length: chunked requests are not accepted");
	if (!ret->has_length &&
	        (strcmp(ret->method, "POST") == 0 || strcmp(ret->method, "PUT") == 0))
		return FAULT(ret, 411, "a %s needs a Content-Length", ret->method);
	ret->keep_alive = !fields.close && (!ret->old || fields.keep_alive);
	ret->key = fields.key;
	ret->upgrade = fields.upgrade && fields.websocket && fields.version_13 && fields.key;
	if (fields.websocket &&
	        (!ret->upgrade || ret->body_size > 0 || strcmp(ret->method, "GET") != 0))
		return FAULT(ret, 400, "the WebSocket upgrade is not complete");
	return 0;
}

int http_parse_response(char *bytes, size_t size, struct http_head *ret)
{
	struct fields fields = {0};
	char *end = bytes + size - 2;
	char *next, *line = cut_line(bytes, end, &next);
	int status;

	*ret = (struct http_head){0};
	if (!line)
		return FAULT(ret, 502, "the status line holds a byte that it may not hold");
	status = parse_status_line(line, ret);
	if (status == 0)
		status = parse_fields(next, end, ret, &fields);
	if (status != 0)
		return status;
	if (fields.transfer_encoding && (!fields.chunked || ret->has_length))
		return FAULT(ret, 502, "the transfer encoding is not understood");
	ret->chunked = fields.chunked;
	ret->keep_alive = !fields.close && (!ret->old || fields.keep_alive);
	if (!ret->has_length)
		ret->body_size = IO_BODY_UNKNOWN;
	return 0;
}

/* Cuts the first line off; NULL where it is not ended by CR LF or holds a control byte. */
static char *cut_line(char *bytes, char *end, char **ret_next)
{
	char *line_end = memchr(bytes, '\r', (size_t)(end - bytes));

	if (!line_end || line_end + 1 >= end || line_end[1] != '\n')
		return NULL;
	for (const char *c = bytes; c < line_end; c++)
		if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
			return NULL;
	*line_end = '\0';
	*ret_next = line_end + 2;
	return bytes;
}

static int parse_version(const char *version, struct http_head *ret)
{
	if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
		return -1;
	ret->old = version[7] == '0';
	return 0;
}

/* "http://host/path" is how a proxy asks; the host plays no role here. */
static const char *origin_form(char *path)
{
	if (strncasecmp(path, "http://", 7) == 0) {
		char *slash = strchr(path + 7, '/');

		return slash ? slash : "/";
	}
	return path;
}

static int parse_request_line(char *line, struct http_head *ret)
{
	char *path = strchr(line, ' ');
	char *version = path ? strchr(path + 1, ' ') : NULL;

	if (!version || strchr(line, '\t'))
		return FAULT(ret, 400, "the request line is not METHOD PATH VERSION");
	*path++ = '\0';
	*version++ = '\0';
	if (parse_version(version, ret))
		return strncmp(version, "HTTP/", 5) == 0
		               ? FAULT(ret, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
		               : FAULT(ret, 400, "the request line is not METHOD PATH VERSION");
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (strcmp(line, methods[i]) == 0)
			ret->method = methods[i];
	if (!ret->method)
		return FAULT(ret, 501, "the method is not known here");
	ret->path = origin_form(path);
	if (ret->path[0] != '/')
		return FAULT(ret, 400, "the path does not begin with /");
	if (strlen(ret->path) >= IO_PATH_MAX)
		return FAULT(ret, 414, "the path is longer than %d bytes", IO_PATH_MAX - 1);
	return 0;
}

static int parse_status_line(char *line, struct http_head *ret)
{
	char version[9];

	if (strlen(line) < 12 || line[8] != ' ')
		return FAULT(ret, 502, "the status line is not VERSION STATUS");
	memcpy(version, line, 8);
	version[8] = '\0';
	if (parse_version(version, ret))
		return FAULT(ret, 502, "the answer is not HTTP/1.1");
	for (int i = 9; i < 12; i++) {
		if (line[i] < '0' || line[i] > '9')
			return FAULT(ret, 502, "the status is not a number");
		ret->status = ret->status * 10 + (line[i] - '0');
	}
	if (ret->status < 100 || (line[12] != '\0' && line[12] != ' '))
		return FAULT(ret, 502, "the status is not a number of three digits");
	return 0;
}

/* Is `token` in the list "a, b, c"? */
static bool has_token(const char *list, const char *token)
{
	size_t size = strlen(token);

	while (*list) {
		list += strspn(list, " \t,");
		if (strncasecmp(list, token, size) == 0 && strchr(" \t,", list[size]))
			return true; /* strchr finds the terminator too */
		list += strcspn(list, ",");
	}
	return false;
}

static int parse_length(const char *value, struct http_head *ret)
{
	uint64_t size = 0;

	if (!*value || strlen(value) > 18)
		return FAULT(ret, 400, "the Content-Length is not a number");
	for (const char *c = value; *c; c++) {
		if (*c < '0' || *c > '9')
			return FAULT(ret, 400, "the Content-Length is not a number");
		size = size * 10 + (uint64_t)(*c - '0');
	}
	if (ret->has_length && ret->body_size != size)
		return FAULT(ret, 400, "two different Content-Lengths");
	ret->has_length = true;
	ret->body_size = size;
	return 0;
}

/* The fields that say how the message itself is to be read. */
static int take_framing(
        const char *name, const char *value, struct http_head *ret, struct fields *fields)
{
	if (strcasecmp(name, "Content-Length") == 0)
		return parse_length(value, ret);
	if (strcasecmp(name, "Host") == 0) {
		if (fields->host)
			return FAULT(ret, 400, "two Hosts");
		fields->host = true;
	} else if (strcasecmp(name, "Transfer-Encoding") == 0) {
		fields->chunked = !fields->transfer_encoding && strcasecmp(value, "chunked") == 0;
		fields->transfer_encoding = true;
	} else if (strcasecmp(name, "Connection") == 0) {
		fields->close |= has_token(value, "close");
		fields->keep_alive |= has_token(value, "keep-alive");
		fields->upgrade |= has_token(value, "upgrade");
	} else if (strcasecmp(name, "Expect") == 0) {
		ret->expects_continue = strcasecmp(value, "100-continue") == 0;
	} else if (strcasecmp(name, "Upgrade") == 0) {
		fields->websocket = has_token(value, "websocket");
	} else if (strcasecmp(name, "Sec-WebSocket-Version") == 0) {
		fields->version_13 = strcmp(value, "13") == 0;
	} else if (strcasecmp(name, "Sec-WebSocket-Key") == 0) {
		fields->key = strlen(value) == HTTP_KEY_SIZE - 1 ? value : NULL;
	}
	return 0;
}

static int take_carried(const char *name, const char *value, struct http_head *ret)
{
	for (int i = 0; i < IO_HEADERS; i++) {
		if (strcasecmp(name, http_header_names[i]) != 0)
			continue;
		if (ret->headers[i])
			return FAULT(ret, 400, "two %s headers", http_header_names[i]);
		if (strlen(value) >= IO_HEADER_MAX)
			return FAULT(ret, 431, "the %s header is longer than %d bytes",
			        http_header_names[i], IO_HEADER_MAX - 1);
		ret->headers[i] = value;
	}
	return 0;
}

/* RFC 9110 5.6.2: what a name is made of. */
static bool is_name(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++)
		if (*name <= ' ' || *name >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", *name))
			return false;
	return true;
}

static char *trim(char *value)
{
	size_t size;

	value += strspn(value, " \t");
	size = strlen(value);
	while (size > 0 && (value[size - 1] == ' ' || value[size - 1] == '\t'))
		value[--size] = '\0';
	return value;
}

static int parse_fields(char *bytes, char *end, struct http_head *ret, struct fields *fields)
{
	for (int lines = 0; bytes < end; lines++) {
		char *line = cut_line(bytes, end, &bytes);
		char *colon = line ? strchr(line, ':') : NULL;
		int status;

		if (!colon)
			return FAULT(ret, 400, "a header line is not NAME: VALUE");
		if (lines == HTTP_LINES_MAX)
			return FAULT(ret, 431, "more than %d headers", HTTP_LINES_MAX);
		*colon = '\0';
		if (!is_name(line))
			return FAULT(ret, 400, "a header line is not NAME: VALUE");
		colon = trim(colon + 1);
		status = take_framing(line, colon, ret, fields);
		if (status == 0)
			status = take_carried(line, colon, ret);
		if (status != 0)
			return status;
	}
	return 0;
}
