/* SPDX-License-Identifier: MIT */
/*
 * `dfs up`: a whole cluster below one directory, its processes children of this one; `dfs down`
 * ends it.
 *
 *   DIR/cluster.key  DIR/client.lua  DIR/lock (held while it runs; its text is our pid)
 *   DIR/master/  DIR/node1/ ...  DIR/log/master.log ...
 *
 * A child that dies stays dead, and is said: a test or an operator who killed it wants to see what
 * the others do. The children are told by the kernel when this process dies, whatever the way.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cjson/cJSON.h>
#include <dfs/dfs.h>
#include "base/text.h"
#include "io/real.h"
#include "node/process/key.h"
#include "node/process/roles.h"

enum {
	NODES_DEFAULT = 3,
	NODES_MAX = 64,
	PORT_DEFAULT = 7070,
	HEALTHY_MS = 20000,
	POLL_MS = 10,
	END_MS = 15000
};

struct child {
	pid_t pid; /* 0: not running */
	char name[16];
};

struct up {
	const struct role_files *files;
	struct up_settings settings;
	char dir[4096];
	uint32_t nodes;
	uint16_t port;
	int lock;
	int signals;
	int ready; /* pipe to the foreground process, where detached; -1 */
	sigset_t mask, old_mask;
	struct child children[NODES_MAX + 1];
	uint32_t count;
	struct dfs *dfs; /* while it starts */
	uint64_t begin_ms;
};

static int prepare(struct up *up, struct dfs_error *err);
static int take_lock(struct up *up, struct dfs_error *err);
static int make_files(struct up *up, struct dfs_error *err);
static int make_node(struct up *up, uint32_t node, const char *key, struct dfs_error *err);
static uint32_t count_nodes(const char *dir);
static int port_load(struct up *up, struct dfs_error *err);
static int detach(struct up *up, struct dfs_error *err);
static int start_children(struct up *up, struct dfs_error *err);
static int start_master(
        struct up *up, const char *listen, const char *key, const char *dir, struct dfs_error *err);
static int start_child(
        struct up *up, const char *name, const char *const *argv, struct dfs_error *err);
static int wait_nodes(struct up *up, const char *what, uint32_t count, struct dfs_error *err);
static int open_client(struct up *up, struct dfs_error *err);
static double nodes_there(struct up *up, const char *what);
static void tell_ready(struct up *up);
static void supervise(struct up *up);
static void reap(struct up *up, bool expected);
static void stop_children(struct up *up);
static bool any_alive(const struct up *up);
static int log_tail(struct up *up, const char *name, struct dfs_error *err);

int role_up(
        const struct role_files *files, const struct up_settings *settings, struct dfs_error *err)
{
	struct up *up = calloc(1, sizeof(*up));
	int code;

	if (!up)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	up->files = files;
	up->settings = *settings;
	up->lock = up->signals = up->ready = -1;
	up->begin_ms = io_real_mono_ms();
	code = prepare(up, err);
	if (code == 0 && settings->detach) {
		code = detach(up, err);
		if (code > 0) { /* the foreground process: the cluster runs behind it */
			free(up);
			return 0;
		}
	}
	if (code == 0)
		code = start_children(up, err);
	if (code == 0)
		code = wait_nodes(up, "nodes_up", up->nodes, err);
	dfs_close(up->dfs);
	if (code == 0) {
		tell_ready(up);
		supervise(up);
	} else if (up->ready >= 0) {
		dprintf(up->ready, "%s", err->text);
	}
	stop_children(up);
	if (up->lock >= 0)
		close(up->lock);
	free(up);
	return code;
}

int default_dir(char ret[4096], struct dfs_error *err)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	if (data && data[0] == '/')
		snprintf(ret, 4096, "%s/dfs", data);
	else if (home && home[0] == '/')
		snprintf(ret, 4096, "%s/.local/share/dfs", home);
	else
		return error_set(err, DFS_E_INVAL,
		        "neither XDG_DATA_HOME nor HOME is set: name a directory by --dir");
	return 0;
}

/* ---- before anything runs ---- */

static int prepare(struct up *up, struct dfs_error *err)
{
	char given[4096];
	int code;

	if (up->settings.dir)
		snprintf(given, sizeof(given), "%s", up->settings.dir);
	else if ((code = default_dir(given, err)) != 0)
		return code;
	code = dir_make(given, err);
	if (code != 0)
		return code;
	if (!realpath(given, up->dir))
		return error_set(err, error_from_errno(errno), "%s: %s", given, strerror(errno));
	code = take_lock(up, err);
	if (code != 0)
		return code;
	up->nodes = count_nodes(up->dir);
	if (up->settings.nodes > NODES_MAX)
		return error_set(err, DFS_E_INVAL, "dfs up runs 1 to %d datanodes, not %u",
		        NODES_MAX, up->settings.nodes);
	if (up->settings.nodes && up->settings.nodes < up->nodes)
		return error_set(err, DFS_E_INVAL,
		        "%s holds data of %u datanodes, and --nodes %u would leave some of it "
		        "behind: start all of them",
		        up->dir, up->nodes, up->settings.nodes);
	if (up->settings.nodes)
		up->nodes = up->settings.nodes;
	if (up->nodes == 0)
		up->nodes = NODES_DEFAULT;
	code = port_load(up, err);
	return code == 0 ? make_files(up, err) : code;
}

static int take_lock(struct up *up, struct dfs_error *err)
{
	char path[4200], pid[32] = "";

	snprintf(path, sizeof(path), "%s/lock", up->dir);
	up->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (up->lock < 0)
		return error_set(err, error_from_errno(errno), "%s: %s", path, strerror(errno));
	if (flock(up->lock, LOCK_EX | LOCK_NB) != 0) {
		if (read(up->lock, pid, sizeof(pid) - 1) < 0)
			pid[0] = '\0';
		pid[strcspn(pid, "\n")] = '\0';
		return error_set(err, DFS_E_BUSY,
		        "a cluster runs on %s already (process %s): use it, or `dfs down --dir %s` "
		        "first",
		        up->dir, pid, up->dir);
	}
	return 0;
}

static uint32_t count_nodes(const char *dir)
{
	char path[4200];
	uint32_t count = 0;

	for (;;) {
		snprintf(path, sizeof(path), "%s/node%u/node", dir, count + 1);
		if (access(path, F_OK) != 0)
			return count;
		count++;
	}
}

/* The port of the first start is kept, so that client files stay true; --port changes it. */
static int port_load(struct up *up, struct dfs_error *err)
{
	char path[4200], text[32];
	unsigned port = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/port", up->dir);
	file = fopen(path, "re");
	if (file) {
		if (fscanf(file, "%u", &port) != 1 || port > 65535)
			port = 0;
		fclose(file);
	}
	up->port = up->settings.port_given ? up->settings.port
	           : port                  ? (uint16_t)port
	                                   : PORT_DEFAULT;
	if (up->port + up->nodes > 65535 || up->port == 0)
		return error_set(err, DFS_E_INVAL,
		        "port %u and the %u above it are not all below 65536", up->port, up->nodes);
	snprintf(text, sizeof(text), "%u\n", up->port);
	return port == up->port ? 0 : file_write_private(path, text, true, err);
}

static int make_files(struct up *up, struct dfs_error *err)
{
	char master[64], path[4200], key_path[4200];
	struct cluster_key key;
	int code;

	snprintf(master, sizeof(master), "127.0.0.1:%u", up->port);
	snprintf(key_path, sizeof(key_path), "%s/cluster.key", up->dir);
	if (access(key_path, F_OK) != 0) {
		code = init_cluster(up->dir, master, err);
		if (code != 0)
			return code;
	}
	code = key_read(key_path, &key, err);
	snprintf(path, sizeof(path), "%s/client.lua", up->dir);
	if (code == 0)
		code = client_file_write(path, master, &key, TOKEN_ADMIN, true, err);
	if (code == 0)
		code = client_file_for_user(master, &key, err);
	for (uint32_t node = 1; code == 0 && node <= up->nodes; node++)
		code = make_node(up, node, key_path, err);
	snprintf(path, sizeof(path), "%s/log", up->dir);
	return code == 0 ? dir_make(path, err) : code;
}

static int make_node(struct up *up, uint32_t node, const char *key, struct dfs_error *err)
{
	char dir[4200], path[4300];
	struct datanode_settings settings = {.dir = dir, .key = key};

	snprintf(dir, sizeof(dir), "%s/node%u", up->dir, node);
	snprintf(path, sizeof(path), "%s/node", dir);
	return access(path, F_OK) == 0 ? 0 : init_datanode(&settings, err);
}

/* ---- processes ---- */

/* In the background, a session of its own. Returns 1 in the foreground once the cluster is healthy,
 * 0 in the background. */
static int detach(struct up *up, struct dfs_error *err)
{
	int ends[2];
	char text[DFS_ERROR_TEXT_MAX] = "";
	size_t size = 0;
	ssize_t got;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0 || (pid = fork()) < 0)
		return error_set(err, DFS_E_NOMEM,
		        "the cluster cannot be put into the background: %s", strerror(errno));
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		setsid();
		close(ends[0]);
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		up->ready = ends[1];
		return 0;
	}
	close(ends[1]);
	close(up->lock); /* the background process holds the same lock */
	while (size < sizeof(text) - 1 &&
	        (got = read(ends[0], text + size, sizeof(text) - 1 - size)) > 0)
		size += (size_t)got;
	close(ends[0]);
	if (strcmp(text, "ready") != 0)
		return error_set(err, DFS_E_UNAVAIL, "%s",
		        text[0] ? text : "the cluster ended before it was ready");
	up->ready = -1;
	tell_ready(up);
	return 1;
}

static int start_children(struct up *up, struct dfs_error *err)
{
	char listen[64], master[64], dir[4200], key[4200], name[16];
	int code;

	sigemptyset(&up->mask);
	sigaddset(&up->mask, SIGTERM);
	sigaddset(&up->mask, SIGINT);
	sigaddset(&up->mask, SIGHUP);
	sigaddset(&up->mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &up->mask, &up->old_mask);
	up->signals = signalfd(-1, &up->mask, SFD_CLOEXEC);
	if (ftruncate(up->lock, 0) != 0 || dprintf(up->lock, "%d\n", getpid()) < 0)
		return error_set(err, DFS_E_IO, "%s/lock: %s", up->dir, strerror(errno));
	snprintf(key, sizeof(key), "%s/cluster.key", up->dir);
	snprintf(master, sizeof(master), "127.0.0.1:%u", up->port);
	snprintf(dir, sizeof(dir), "%s/master", up->dir);
	code = start_master(up, master, key, dir, err);
	for (uint32_t node = 1; code == 0 && node <= up->nodes; node++) {
		snprintf(listen, sizeof(listen), "127.0.0.1:%u", up->port + node);
		snprintf(dir, sizeof(dir), "%s/node%u", up->dir, node);
		snprintf(name, sizeof(name), "node%u", node);
		code = start_child(up, name,
		        (const char *[]){"dfs", "datanode", "--master", master, "--listen", listen,
		                "--key", key, "--dir", dir, NULL},
		        err);
		/* The first time one after the other: then datanode I is the one in nodeI. */
		if (code == 0)
			code = wait_nodes(up, "nodes_known", node, err);
	}
	return code;
}

static int start_master(
        struct up *up, const char *listen, const char *key, const char *dir, struct dfs_error *err)
{
	const struct up_settings *settings = &up->settings;
	const char *argv[32] = {"dfs", "master", "--listen", listen, "--key", key, "--dir", dir};
	const char *more[][2] = {{"--config", settings->master_config},
	        {"--placement", settings->placement}, {"--chunking", settings->chunking},
	        {"--repair", settings->repair}, {"--retain", settings->retain}, {"--retain-policy", settings->retain_policy}};
	size_t count = 8;

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		if (!more[i][1])
			continue;
		argv[count++] = more[i][0];
		argv[count++] = more[i][1];
	}
	return start_child(up, "master", argv, err);
}

static int start_child(
        struct up *up, const char *name, const char *const *argv, struct dfs_error *err)
{
	struct child *child = &up->children[up->count];
	char log[4200];
	pid_t parent = getpid();
	int fd;

	snprintf(log, sizeof(log), "%s/log/%s.log", up->dir, name);
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_set(err, error_from_errno(errno), "%s: %s", log, strerror(errno));
	child->pid = fork();
	if (child->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(1);
		sigprocmask(SIG_SETMASK, &up->old_mask, NULL);
		dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		setpgid(0, 0); /* a ctrl-C at the terminal reaches the parent, which ends them in
		                  order */
		execv(up->files->program, (char *const *)argv);
		_exit(127);
	}
	close(fd);
	if (child->pid < 0) {
		child->pid = 0;
		return error_set(
		        err, DFS_E_NOMEM, "%s cannot be started: %s", name, strerror(errno));
	}
	snprintf(child->name, sizeof(child->name), "%s", name);
	up->count++;
	return 0;
}

/* Until the master says that `count` datanodes are there: `what` is nodes_known or nodes_up. */
static int wait_nodes(struct up *up, const char *what, uint32_t count, struct dfs_error *err)
{
	int code = up->dfs ? 0 : open_client(up, err);

	while (code == 0 && nodes_there(up, what) < count) {
		struct pollfd signals = {.fd = up->signals, .events = POLLIN};
		struct signalfd_siginfo info;

		if (io_real_mono_ms() - up->begin_ms > HEALTHY_MS)
			code = error_set(err, DFS_E_TIMEOUT,
			        "the cluster was not healthy after %d s: look into %s/log",
			        HEALTHY_MS / 1000, up->dir);
		else if (poll(&signals, 1, POLL_MS) > 0 &&
		         read(up->signals, &info, sizeof(info)) == sizeof(info)) {
			if (info.ssi_signo != SIGCHLD)
				code = error_set(err, DFS_E_CANCELLED, "interrupted");
			else
				reap(up, true);
		}
		for (uint32_t i = 0; code == 0 && i < up->count; i++) {
			if (!up->children[i].pid)
				code = log_tail(up, up->children[i].name, err);
		}
	}
	return code;
}

static int open_client(struct up *up, struct dfs_error *err)
{
	char master[64], path[4200], token[PASS_SIZE];
	struct token admin = {.role = TOKEN_ADMIN};
	struct dfs_options options = {.size = sizeof(options),
	        .master = master,
	        .token = token,
	        .program = "dfs up",
	        .timeout_ms = 200};
	struct cluster_key key;
	int code;

	snprintf(master, sizeof(master), "127.0.0.1:%u", up->port);
	snprintf(path, sizeof(path), "%s/cluster.key", up->dir);
	code = key_read(path, &key, err);
	if (code != 0)
		return code;
	token_sign(key.key, &admin, token);
	return dfs_open(&up->dfs, &options, err);
}

static double nodes_there(struct up *up, const char *what)
{
	char *json = NULL;
	cJSON *reply;
	double count;

	if (dfs_call(up->dfs, "status", "{}", &json, NULL) != 0)
		return -1;
	reply = cJSON_Parse(json);
	count = cJSON_GetNumberValue(cJSON_GetObjectItem(reply, what));
	cJSON_Delete(reply);
	free(json);
	return count;
}

/* A child that ended at once said why in the last line of its log. */
static int log_tail(struct up *up, const char *name, struct dfs_error *err)
{
	char path[4200], line[512], last[512] = "";
	const char *text;
	FILE *file;

	snprintf(path, sizeof(path), "%s/log/%s.log", up->dir, name);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		snprintf(last, sizeof(last), "%s", line);
	if (file)
		fclose(file);
	last[strcspn(last, "\n")] = '\0';
	text = strstr(last, "dfs ");
	return error_set(err, DFS_E_UNAVAIL, "%s ended at once: %.300s (%s)", name,
	        text ? text : last, path);
}

static void tell_ready(struct up *up)
{
	char home[4096];

	if (up->ready >= 0) {
		if (write(up->ready, "ready", 5) < 0)
			return;
		close(up->ready);
		up->ready = -1;
		return;
	}
	printf("The cluster is up: a master at 127.0.0.1:%u and %u datanode%s, data in %s\n",
	        up->port, up->nodes, up->nodes == 1 ? "" : "s", up->dir);
	if (default_dir(home, NULL) == 0)
		printf("Now, for instance:\n"
		       "  dfs put FILE /          store a file\n"
		       "  dfs ls -l /             what is there\n"
		       "  dfs info /FILE          where its bytes are\n"
		       "  dfs get /FILE -         read it back\n"
		       "  dfs status              how the cluster is\n"
		       "Other users: export DFS_CONFIG=%s/client.lua. The end: dfs down --dir %s\n",
		        up->dir, up->dir);
	fflush(stdout);
}

/* Until a signal says the end, or the master is gone. */
static void supervise(struct up *up)
{
	struct signalfd_siginfo info;

	while (read(up->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGCHLD)
			return;
		reap(up, false);
		if (!any_alive(up))
			return;
	}
}

static void reap(struct up *up, bool expected)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (uint32_t i = 0; i < up->count; i++) {
			if (up->children[i].pid != pid)
				continue;
			up->children[i].pid = 0;
			if (!expected)
				fprintf(stderr,
				        "dfs up: %s has ended (%s %d); the others go on. See "
				        "%s/log/%s.log\n",
				        up->children[i].name,
				        WIFSIGNALED(status) ? "signal" : "status",
				        WIFSIGNALED(status) ? WTERMSIG(status)
				                            : WEXITSTATUS(status),
				        up->dir, up->children[i].name);
		}
	}
}

/* Datanodes first: the master then sees them go in order. */
static void stop_children(struct up *up)
{
	uint64_t begin_ms = io_real_mono_ms();
	bool killed = false;

	for (uint32_t i = up->count; i > 0; i--) {
		if (up->children[i - 1].pid)
			kill(up->children[i - 1].pid, SIGTERM);
	}
	while (any_alive(up)) {
		struct pollfd signals = {.fd = up->signals, .events = POLLIN};
		struct signalfd_siginfo info;

		if (poll(&signals, 1, 100) > 0 && read(up->signals, &info, sizeof(info)) < 0)
			break;
		reap(up, true);
		if (io_real_mono_ms() - begin_ms < END_MS || killed)
			continue;
		killed = true;
		for (uint32_t i = 0; i < up->count; i++) {
			if (up->children[i].pid)
				kill(up->children[i].pid, SIGKILL);
		}
	}
}

static bool any_alive(const struct up *up)
{
	for (uint32_t i = 0; i < up->count; i++) {
		if (up->children[i].pid)
			return true;
	}
	return false;
}
