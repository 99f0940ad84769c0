/* SPDX-License-Identifier: MIT */
/* Error codes and HTTP statuses: the table of docs/contracts.md, both ways. */
#include "client/link.h"

#include <stddef.h>

struct status_row {
	int code;
	int status;
};

/* For a status alone (an answer without a JSON error) the first row with it tells the code. */
static const struct status_row STATUS_ROWS[] = {
        {DFS_E_PROTO, 400},
        {DFS_E_INVAL, 400},
        {DFS_E_NAME, 400},
        {DFS_E_VERSION, 400},
        {DFS_E_AUTH, 401},
        {DFS_E_TICKET, 403},
        {DFS_E_PERM, 403},
        {DFS_E_FENCED, 403},
        {DFS_E_NOENT, 404},
        {DFS_E_UNSUPPORTED, 405},
        {DFS_E_STALE, 409},
        {DFS_E_SEALED, 409},
        {DFS_E_EXIST, 409},
        {DFS_E_NOTDIR, 409},
        {DFS_E_ISDIR, 409},
        {DFS_E_NOTEMPTY, 409},
        {DFS_E_CHANGED, 409},
        {DFS_E_EXPIRED, 409},
        {DFS_E_WRITER_EXPIRED, 409},
        {DFS_E_TOOBIG, 413},
        {DFS_E_LIMIT, 413},
        {DFS_E_RANGE, 416},
        {DFS_E_UNAVAIL, 503},
        {DFS_E_BUSY, 503},
        {DFS_E_NODES, 503},
        {DFS_E_LOST, 503},
        {DFS_E_TIMEOUT, 503},
        {DFS_E_CLOSED, 503},
        {DFS_E_CANCELLED, 503},
        {DFS_E_NOMEM, 503},
        {DFS_E_NOSPC, 507},
        {DFS_E_IO, 500},
        {DFS_E_CORRUPT, 500},
        {DFS_E_SCRIPT, 500},
        {DFS_E_INTERNAL, 500},
};

enum { STATUS_COUNT = sizeof(STATUS_ROWS) / sizeof(STATUS_ROWS[0]) };

int link_http_status(int code)
{
	if (code == 0)
		return 200;
	for (size_t i = 0; i < STATUS_COUNT; i++)
		if (STATUS_ROWS[i].code == code)
			return STATUS_ROWS[i].status;
	return 500;
}

int link_http_code(int status)
{
	if (status >= 200 && status <= 299)
		return 0;
	for (size_t i = 0; i < STATUS_COUNT; i++)
		if (STATUS_ROWS[i].status == status)
			return STATUS_ROWS[i].code;
	return status >= 500 ? DFS_E_IO : DFS_E_PROTO;
}
