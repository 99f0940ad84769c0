/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_JOB_H
#define CLIENT_JOB_H

#include "client/client.h"

/*
 * What puts and gets have in common: their end, their calls to the master, their progress.
 *
 * A job ends once (job_finish, job_fail, client_job_cancel): `stop` ends its transfers and timers,
 * the owner is told, and the memory goes when the last call to the master is answered. Answers
 * after the end, and of an earlier round (a put or get that started over), reach nobody.
 */
struct client_job;

struct job_class {
	/* End what runs: exchanges, timers. No callback comes to the job after it, but answers of
	 * job_call. */
	void (*stop)(struct client_job *job);
	/* Free what the job owns and the job. */
	void (*free)(struct client_job *job);
	/* The master did what nobody waits for any more: undo it, by client_call without the job.
	 * May be NULL. */
	void (*late)(struct client_job *job, enum proto_call which, const void *reply);
	/* The user gave it up: tell the master, likewise. May be NULL. */
	void (*cancelled)(struct client_job *job);
	/* Bytes done so far, for the progress. */
	uint64_t (*bytes)(const struct client_job *job);
};

enum { JOB_MAGIC = 0x4a4f4253 };

struct client_job {
	unsigned magic;
	const struct job_class *class;
	struct client *client;
	struct io *io;
	client_progress *progress;
	client_transfer_done *done;
	void *arg;
	struct client_transfer transfer; /* as it will be told */
	uint64_t total;                  /* for the progress */
	uint64_t progress_ms, progress_bytes;
	unsigned calls; /* not yet answered */
	unsigned round;
	bool over;
	struct client_job *prev, *next;
};

/* A reply to job_call: `what` is whatever part of the job asked. */
typedef void job_reply(void *what, int code, const struct dfs_error *err, const void *reply);

void job_init(struct client_job *job, const struct job_class *class, struct client *client,
        client_progress *progress, client_transfer_done *done, void *arg);
void job_call(struct client_job *job, enum proto_call which, const void *args, job_reply *reply,
        void *what);
/* Its memory stays until it is let go, also past its end: a worker has a part of it. */
void job_hold(struct client_job *job);
void job_let_go(struct client_job *job);
/* Answers to calls made before now are dropped. */
void job_new_round(struct client_job *job);
/* Tell the owner how far it is, where it is time to. The last thing that an event does: the owner
 * may cancel. */
void job_progress(struct client_job *job);
/* The end: `done` is told 0 and job->transfer. The job is gone when it returns. */
void job_finish(struct client_job *job);
/* The end: `done` is told the error. */
void job_fail(struct client_job *job, int code, const char *sentence);

/* The bytes of a sentence from the network that may go to a terminal: control characters become
 * '?'. */
void job_clean(char *text);

#endif
