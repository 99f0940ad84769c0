/* SPDX-License-Identifier: MIT */
/* Chunked bodies: the first byte says into how large pieces the rest is cut, and that must not
 * matter. */
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "fuzz.h"
#include "net/http.h"

static void must(bool good)
{
	if (!good)
		abort();
}

/* 1: complete, 0: more to come, -1: refused. */
static int unchunk(const char *bytes, size_t size, size_t piece, struct buf *ret)
{
	struct http_chunks chunks = {0};
	bool end = false;

	for (size_t at = 0; at < size && !end;) {
		size_t part = size - at < piece ? size - at : piece, data_size;
		const char *data = NULL;
		ptrdiff_t used =
		        http_chunks_step(&chunks, bytes + at, part, &data, &data_size, &end);

		if (used < 0)
			return -1;
		must(used > 0 && (size_t)used <= part && data_size <= (size_t)used);
		if (data_size > 0)
			buf_append(ret, data, data_size);
		at += (size_t)used;
	}
	return end;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct buf whole = {0}, pieces = {0};
	int a, b;

	if (size == 0)
		return 0;
	a = unchunk((const char *)bytes + 1, size - 1, size, &whole);
	b = unchunk((const char *)bytes + 1, size - 1, (size_t)(bytes[0] % 16) + 1, &pieces);
	must(a == b);
	must(a < 0 ||
	        (whole.size == pieces.size &&
	                (whole.size == 0 || memcmp(whole.data, pieces.data, whole.size) == 0)));
	buf_fini(&whole);
	buf_fini(&pieces);
	return 0;
}
