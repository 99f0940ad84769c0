/* SPDX-License-Identifier: MIT */
/* The life of a job, whatever it transfers (see job.h). */
#include "client/job.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "client/client_parts.h"

enum { PROGRESS_MS = 100 };

/* A call to the master on behalf of a job: outlives the job's interest in it. */
struct job_ask {
	struct client_job *job;
	unsigned round;
	enum proto_call which;
	job_reply *reply;
	void *what;
};

void job_init(struct client_job *job, const struct job_class *class, struct client *client,
        client_progress *progress, client_transfer_done *done, void *arg)
{
	job->magic = JOB_MAGIC;
	job->class = class;
	job->client = client;
	job->io = client->io;
	job->progress = progress;
	job->done = done;
	job->arg = arg;
	job->total = UINT64_MAX;
	DL_APPEND(client->jobs, job);
}

/* ---- calls ---- */

static void job_release(struct client_job *job)
{
	assert(job->over);
	if (job->calls > 0)
		return;
	job->magic = 0;
	job->class->free(job);
}

static void ask_answered(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct job_ask ask = *(struct job_ask *)arg;
	struct client_job *job = ask.job;

	free(arg);
	assert(job->magic == JOB_MAGIC && job->calls > 0);
	if (!job->over && ask.round == job->round) {
		job->calls--;
		ask.reply(ask.what, code, err, reply);
		return;
	}
	if (code == 0 && job->class->late)
		job->class->late(job, ask.which, reply);
	job->calls--;
	if (job->over)
		job_release(job);
}

void job_hold(struct client_job *job)
{
	job->calls++;
}

void job_let_go(struct client_job *job)
{
	job->calls--;
	if (job->over)
		job_release(job);
}

void job_call(struct client_job *job, enum proto_call which, const void *args, job_reply *reply,
        void *what)
{
	struct job_ask *ask = malloc(sizeof(*ask));
	struct dfs_error err = {0};

	assert(!job->over);
	if (!ask) {
		error_set(&err, DFS_E_NOMEM, "out of memory for a call to the master");
		reply(what, err.code, &err, NULL);
		return;
	}
	*ask = (struct job_ask){job, job->round, which, reply, what};
	job->calls++;
	client_call(job->client, which, args, ask_answered, ask);
}

void job_new_round(struct client_job *job)
{
	job->round++;
}

/* ---- progress and end ---- */

void job_progress(struct client_job *job)
{
	uint64_t now = io_mono_ms(job->io), bytes;

	if (!job->progress || job->over || now - job->progress_ms < PROGRESS_MS)
		return;
	bytes = job->class->bytes(job);
	if (bytes <= job->progress_bytes)
		return;
	job->progress_ms = now;
	job->progress_bytes = bytes;
	job->progress(job->arg, bytes, job->total);
}

static void job_end(struct client_job *job)
{
	assert(job->magic == JOB_MAGIC && !job->over);
	job->class->stop(job);
	job->over = true;
	DL_DELETE(job->client->jobs, job);
}

static void job_tell(struct client_job *job)
{
	client_transfer_done *done = job->done;
	void *arg = job->arg;
	struct client_transfer transfer = job->transfer;

	job_clean(transfer.err.text);
	job_clean(transfer.warning);
	job_release(job);
	done(arg, &transfer);
}

void job_finish(struct client_job *job)
{
	job_end(job);
	job->transfer.code = 0;
	job_tell(job);
}

void job_fail(struct client_job *job, int code, const char *sentence)
{
	assert(code < 0);
	job_end(job);
	job->transfer.code = error_set(&job->transfer.err, code, "%s", sentence);
	job_tell(job);
}

void client_job_cancel(struct client_job *job)
{
	if (!job)
		return;
	job_end(job);
	if (job->class->cancelled)
		job->class->cancelled(job);
	job_release(job);
}

void job_clean(char *text)
{
	for (unsigned char *at = (unsigned char *)text; *at; at++)
		if (*at < 0x20 || *at == 0x7f)
			*at = '?';
}
