/* SPDX-License-Identifier: MIT */
/* Where a directory's scrub is: its text, and the file DIR/scrub. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/crc32c.h"
#include "store/scrubber.h"

static int write_text(const struct dir *dir, const char *path, const char *text, size_t size);

size_t scrub_state_format(const struct scrub_state *state, char ret[SCRUB_TEXT_MAX])
{
	int size = snprintf(ret, SCRUB_TEXT_MAX,
	        "moonchunk scrub\nformat 1\nbegun %" PRIu64 "\nrunning %d\nposition %016" PRIx64
	        "\nbegan_ms %" PRId64 "\nchecked %" PRIu64 "\nwhole_ms %" PRId64 "\nfound %" PRIu64
	        "\nextra %" PRIu64 "\nrate %" PRIu64 "\npass_rate %" PRIu64 "\n",
	        state->begun, state->running, state->position, state->began_ms, state->checked,
	        state->whole_ms, state->found, state->extra, state->rate, state->pass_rate);

	assert(size > 0 && size + 14 < SCRUB_TEXT_MAX);
	size += snprintf(ret + size, (size_t)(SCRUB_TEXT_MAX - size), "crc %08" PRIx32 "\n",
	        crc32c(0, ret, (size_t)size));
	return (size_t)size;
}

int scrub_state_parse(const char *text, size_t size, struct scrub_state *ret, struct dfs_error *err)
{
	char copy[SCRUB_TEXT_MAX] = {0}, again[SCRUB_TEXT_MAX];
	struct scrub_state state = {0};
	int running;

	if (size < sizeof(copy)) {
		memcpy(copy, text, size);
		if (sscanf(copy,
		            "moonchunk scrub\nformat 1\nbegun %" SCNu64
		            "\nrunning %d\nposition %" SCNx64 "\nbegan_ms %" SCNd64
		            "\nchecked %" SCNu64 "\nwhole_ms %" SCNd64 "\nfound %" SCNu64
		            "\nextra %" SCNu64 "\nrate %" SCNu64 "\npass_rate %" SCNu64,
		            &state.begun, &running, &state.position, &state.began_ms,
		            &state.checked, &state.whole_ms, &state.found, &state.extra,
		            &state.rate, &state.pass_rate) == 10) {
			state.running = running == 1;
			/* Whatever else it may be, it is what we would have written, sum and all.
			 */
			if (scrub_state_format(&state, again) == size &&
			        memcmp(text, again, size) == 0) {
				*ret = state;
				return 0;
			}
		}
	}
	return error_set(err, DFS_E_CORRUPT, "is damaged or of another format");
}

int scrub_state_read(const struct dir *dir, struct scrub_state *ret, struct dfs_error *err)
{
	char path[DIR_FILE_MAX], text[SCRUB_TEXT_MAX];
	ssize_t size;
	int handle;

	snprintf(path, sizeof(path), "%s/scrub", dir->path);
	handle = io_disk(dir->io, open, path, IO_OPEN_READ);
	if (handle == -ENOENT)
		return DFS_E_NOENT;
	size = handle;
	if (handle >= 0) {
		size = io_disk(dir->io, pread, handle, text, sizeof(text), 0);
		io_disk(dir->io, close, handle);
	}
	if (size < 0)
		return error_set(err, DFS_E_IO, "cannot be read: %s", strerror((int)-size));
	return scrub_state_parse(text, (size_t)size, ret, err);
}

int scrub_state_write(const struct dir *dir, const struct scrub_state *state)
{
	char tmp[DIR_FILE_MAX], path[DIR_FILE_MAX], text[SCRUB_TEXT_MAX];
	size_t size = scrub_state_format(state, text);
	int rc;

	snprintf(tmp, sizeof(tmp), "%s/scrub.tmp", dir->path);
	snprintf(path, sizeof(path), "%s/scrub", dir->path);
	rc = write_text(dir, tmp, text, size);
	if (rc == 0)
		rc = io_disk(dir->io, rename, tmp, path);
	return rc == 0 ? io_disk(dir->io, fsync_dir, dir->path) : rc;
}

static int write_text(const struct dir *dir, const char *path, const char *text, size_t size)
{
	struct iovec iov = {.iov_base = (void *)text, .iov_len = size};
	int handle = io_disk(dir->io, open, path, IO_OPEN_WRITE | IO_OPEN_CREATE);
	ssize_t rc = handle;

	if (handle < 0)
		return handle;
	/* What a crash left of an earlier one may be longer. */
	rc = io_disk(dir->io, truncate, handle, 0);
	if (rc >= 0)
		rc = io_disk(dir->io, pwritev, handle, &iov, 1, 0);
	if (rc >= 0)
		rc = io_disk(dir->io, fdatasync, handle);
	io_disk(dir->io, close, handle);
	return rc < 0 ? (int)rc : 0;
}
