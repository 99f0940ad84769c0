-- Every message, table row and logged operation of Moonchunk, described once.
--
-- `lua5.4 core/proto/generate.lua` reads this table and writes the C codec (core/proto/gen/), the constants
-- of the web page (web/lib/proto.js), docs/protocol.md and docs/json.md. Nothing else decodes a message by
-- hand.
--
-- A field is { name, type, doc [, option = value] }. Types:
--   u64 i64     decimal strings in JSON (cJSON and browsers hold doubles)
--   id          64 bits, 16 hex digits in JSON
--   u32 bool    JSON numbers and booleans
--   text        UTF-8 string; needs max (bytes)
--   bytes       arbitrary bytes without NUL; in JSON what is not valid UTF-8, and '%', is %XX; needs max
--               (bytes decoded)
--   enum        one of `values`, a string in JSON, an enum in C: of = the enum's name
--   struct      another struct by name: of = the struct's name
--   list        of = a struct's name or one of u64 i64 id u32; needs max (entries)
-- Options: max; optional = true (absent in JSON leaves the C default: zero, empty, or `default`); default =
-- value. An unknown field in a message is ignored (a newer peer may send it); a missing one that is not
-- optional, one of the wrong type, over its max or given twice is DFS_E_PROTO naming the field.
--
-- What is on a master's disk depends on S.rows, S.ops, S.op_structs and the enums they use: there, order and
-- width are the format. New enum values and operations go to the end; a changed row needs a new PROTO_FORMAT.

local S = { protocol = 1 }

S.limits = {
  { "depth", 8, "nesting of objects and lists in one JSON text" },
  { "message", 4194304, "bytes of one JSON text" },
  { "values", 262144, "values (objects, lists, strings, numbers...) in one JSON text" },
  { "batch", 1024, "calls and replies in one array" },
  { "path", 4096, "bytes of a path" },
  { "name", 255, "bytes of a name" },
  { "page", 1000, "entries of a listed page" },
  { "replicas", 9, "copies of a chunk" },
}

local function path(doc) return { "path", "bytes", doc or "absolute path", max = 4096 } end
local function times(...) return { "mtime_ns", "i64", "modification time, ns since 1970; 0: now", ... } end

S.enums = {
  { name = "kind", doc = "what an inode is", values = { "file", "dir", "symlink" } },
  { name = "durability", doc = "what acknowledged means (RULES 10)", values = { "sync", "async" } },
  { name = "chunk_state", doc = "a chunk in metadata", values = { "open", "sealed", "freed" } },
  { name = "replica_state", doc = "one datanode's copy, as the master knows it",
    values = { "good", "open", "stale", "short", "corrupt", "missing", "unknown" } },
  { name = "node_state", doc = "a datanode, as the master knows it",
    values = { "up", "slow", "suspect", "dead", "draining" } },
  { name = "held_state", doc = "a replica, as its datanode knows it",
    values = { "open", "frozen", "sealed", "bad" } },
  { name = "role", doc = "what a token allows", values = { "none", "read", "write", "admin", "node" } },
  { name = "fault_kind", doc = "what a check of the file system found",
    values = { "metadata", "lost", "under_goal", "over_goal", "broken", "waiting" } },
}

S.structs = {
  { name = "fault", doc = "an error in a reply", fields = {
    { "code", "text", "short name from dfs/error.h", max = 32 },
    { "message", "text", "one sentence", max = 511 },
  } },
  { name = "attr", doc = "what stat tells of one inode", fields = {
    { "name", "bytes", "last name of its path", max = 255 },
    { "kind", "enum", "what it is", of = "kind" },
    { "inode", "id", "inode number" },
    { "generation", "u64", "raised by each commit of new content" },
    { "size", "u64", "bytes; of a directory the number of names in it" },
    { "mode", "u32", "permission bits, 07777" },
    { "uid", "u32", "owner" },
    { "gid", "u32", "group" },
    { "mtime_ns", "i64", "modification time, ns since 1970" },
    { "goal", "u32", "replicas asked for" },
    { "chunk_size", "u64", "bytes" },
    { "links", "u32", "names of this inode" },
    { "target", "bytes", "where a symlink points", max = 4095, optional = true },
  } },
  { name = "replica", doc = "one copy of a chunk", fields = {
    { "node", "u32", "datanode number" },
    { "address", "text", "host:port", max = 263 },
    { "state", "enum", "what the master knows of it", of = "replica_state" },
    { "version", "u64", "version it holds", optional = true },
  } },
  { name = "allocated", doc = "a fresh chunk to append to", fields = {
    { "chunk", "id", "its id" },
    { "version", "u64", "its version" },
    { "ticket", "text", "for POST on every replica", max = 400 },
    { "lease_ms", "u64", "how long the primary may order appends before it must be renewed" },
    { "replicas", "list", "primary first, in chain order", of = "replica", max = 9 },
  } },
  { name = "extent", doc = "a run of a file's bytes in a chunk", fields = {
    { "offset", "u64", "where it begins in the file" },
    { "chunk", "id", "which chunk" },
    { "chunk_offset", "u64", "where it begins in the chunk" },
    { "length", "u64", "bytes, > 0" },
    { "crc", "u32", "CRC32C of these bytes" },
    { "receipt", "text", "the primary's signature (RULES 11); empty where the master sealed the chunk itself",
      max = 400, optional = true },
  } },
  { name = "located", doc = "an extent with what a reader needs", fields = {
    { "offset", "u64", "where it begins in the file" },
    { "chunk", "id", "which chunk" },
    { "version", "u64", "the chunk's version" },
    { "state", "enum", "the chunk in metadata", of = "chunk_state" },
    { "chunk_offset", "u64", "where it begins in the chunk" },
    { "length", "u64", "bytes" },
    { "crc", "u32", "CRC32C of these bytes" },
    { "chunk_length", "u64", "length of the whole chunk once sealed" },
    { "ticket", "text", "for GET of exactly this range on any replica", max = 400 },
    { "replicas", "list", "nearest or least loaded first", of = "replica", max = 9 },
  } },
  { name = "disk", doc = "one data directory of a datanode", fields = {
    { "disk", "id", "its identity" },
    { "path", "bytes", "where", max = 4095 },
    { "total", "u64", "bytes of its file system" },
    { "free", "u64", "bytes of it not used" },
    { "reserve", "u64", "bytes never filled (RULES 30)" },
    { "error", "text", "why it takes no more; empty when well", max = 511, optional = true },
  } },
  { name = "held", doc = "one replica as its datanode reports it", fields = {
    { "chunk", "id", "which chunk" },
    { "version", "u64", "version in its index" },
    { "length", "u64", "verified bytes" },
    { "state", "enum", "in its index", of = "held_state" },
    { "crc", "u32", "CRC32C of the whole, when sealed", optional = true },
    { "why", "text", "what is bad about it", max = 255, optional = true },
  } },
  { name = "writing", doc = "an open chunk whose appends a primary orders", fields = {
    { "chunk", "id", "which chunk" },
    { "version", "u64", "its version" },
    { "length", "u64", "bytes received" },
    { "committed", "u64", "bytes acknowledged" },
  } },
  { name = "leased", doc = "a lease, extended", fields = {
    { "chunk", "id", "which chunk" },
    { "version", "u64", "its version" },
    { "lease_ms", "u64", "from the request; 0: revoked" },
  } },
  { name = "chunk_version", doc = "a chunk at most at a version", fields = {
    { "chunk", "id", "which chunk" },
    { "version", "u64", "highest version meant" },
  } },
  { name = "piece", doc = "bytes of a file", fields = {
    { "data", "text", "as hex digits, two a byte", max = 65535 },
  } },
  { name = "node_info", doc = "a datanode for people", fields = {
    { "node", "u32", "its number" },
    { "uuid", "id", "its identity" },
    { "address", "text", "host:port", max = 263 },
    { "rack", "text", "failure domain", max = 63 },
    { "state", "enum", "as the master knows it", of = "node_state" },
    { "silence_ms", "u64", "since its last heartbeat" },
    { "total", "u64", "bytes of its disks" },
    { "free", "u64", "bytes of them not used" },
    { "used", "u64", "bytes in chunks" },
    { "chunks", "u64", "replicas it holds" },
    { "read_rate", "u64", "bytes/s" },
    { "write_rate", "u64", "bytes/s" },
    { "why", "text", "why it is in this state", max = 255, optional = true },
    { "draining", "bool", "it was asked to be emptied, whatever its state", optional = true },
    { "safe", "bool", "draining, and nothing needs it any more: safe to unplug", optional = true },
    { "scrub", "list", "one: of all its data directories together", of = "scrub_info", max = 64, optional = true },
  } },
  { name = "reason", doc = "a sentence that tells why something is as it is", fields = {
    { "about", "text", "what it is about: `chunk 00ab...`, `datanode 3`; of an event its name", max = 127 },
    { "text", "text", "the sentence", max = 1023 },
    { "time_ms", "i64", "of an event: when, ms since 1970", optional = true },
  } },
  { name = "balance_info", doc = "how even the datanodes are, and what is done about it", fields = {
    { "on", "bool", "replicas are being moved, or wait to be" },
    { "within", "u32", "percent of the cluster's used share that a datanode's may differ" },
    { "imbalance", "u64", "how much the worst differs, in thousandths of the cluster's used share" },
    { "moving", "u32", "moves under way" },
    { "moved", "u64", "chunks moved since it began" },
    { "moved_bytes", "u64", "of them" },
    { "failed", "u64", "moves that failed: nothing was changed by them" },
    { "text", "text", "the same as a sentence", max = 511 },
  } },
  { name = "drain_info", doc = "how far a datanode is with being emptied", fields = {
    { "node", "u32", "its number" },
    { "address", "text", "host:port", max = 263 },
    { "state", "enum", "as the master knows it", of = "node_state" },
    { "draining", "bool", "false: it is not, or no longer, being emptied" },
    { "safe", "bool", "all that it holds has enough replicas elsewhere: safe to unplug" },
    { "held", "u64", "replicas that it holds, which stay there" },
    { "chunks", "u64", "of these, chunks that have fewer good replicas elsewhere than their goal" },
    { "bytes", "u64", "to be copied for that" },
    { "open", "u64", "chunks here that are being written or wait for a seal" },
    { "deletions", "u64", "freed chunks here whose deletion is awaited" },
    { "stuck", "u64", "of `chunks`, those that no datanode can take now" },
    { "rate", "u64", "bytes/s, lately" },
    { "estimate_ms", "u64", "until it is done, at that rate; 0: not known" },
    { "since_ms", "u64", "for how long, as far as this master knows" },
    { "text", "text", "the same as a sentence", max = 511 },
  } },
  { name = "policy_info", doc = "a policy in force", fields = {
    { "kind", "text", "place, chunk_size, goal, retain, repair", max = 31 },
    { "name", "text", "its file without .lua", max = 63 },
    { "decisions", "u64", "since the start" },
    { "fallbacks", "u64", "answers that C refused or that failed" },
    { "error", "text", "the last of these", max = 511, optional = true },
    { "error_ago_ms", "u64", "since it was seen", optional = true },
  } },
  { name = "copying", doc = "a copy under way between two datanodes", fields = {
    { "chunk", "id", "which chunk" },
    { "from", "u32", "datanode that it is read from" },
    { "to", "u32", "datanode that fetches it" },
    { "length", "u64", "bytes" },
    { "for_ms", "u64", "since it was ordered" },
  } },
  { name = "copy_source", doc = "a datanode with a replica that is not good", fields = {
    { "node", "u32", "its number" },
    { "address", "text", "host:port", max = 263 },
  } },
  { name = "missed", doc = "a chunk that waits for datanodes", fields = {
    { "chunk", "id", "which chunk" },
    { "why", "text", "what is missing, and which datanodes may have it", max = 255 },
  } },
  { name = "scrub_info", doc = "how far a datanode's scrub is", fields = {
    { "running", "u32", "data directories with a pass under way" },
    { "begun", "u64", "passes begun so far, of all directories" },
    { "checked", "u64", "bytes checked by them" },
    { "total", "u64", "bytes that a pass over all directories has to check" },
    { "rate", "u64", "bytes/s that it may read" },
    { "oldest_ms", "u64", "no byte was checked longer ago; 2^64-1: some never were" },
    { "found", "u64", "bad replicas found by scrubs, ever" },
    { "extra", "u64", "files found by the last passes that do not belong there" },
    { "bad", "u64", "replicas that are bad now, whoever found them" },
  } },
  { name = "scrub_asked", doc = "what a datanode was asked to scrub", fields = {
    { "node", "u32", "its number" },
    { "begun", "u64", "its passes begun, that one too" },
    { "error", "text", "why it was not asked, or refused", max = 511, optional = true },
  } },
  { name = "fsck_path", doc = "a name that a fault concerns", fields = {
    { "path", "bytes", "absolute path", max = 4096 },
  } },
  { name = "fsck_fault", doc = "one thing that a check found", fields = {
    { "kind", "enum", "what is wrong", of = "fault_kind" },
    { "wrong", "bool", "someone should look; false: worth knowing" },
    { "chunk", "id", "which; 0: none", optional = true },
    { "text", "text", "one sentence", max = 511 },
    { "names", "u64", "files that it concerns", optional = true },
    { "paths", "list", "some of them", of = "fsck_path", max = 8, optional = true },
  } },
  { name = "trashed", doc = "a name in the trash", fields = {
    { "entry", "u64", "its number" },
    { "path", "bytes", "where it was", max = 4096 },
    { "kind", "enum", "what it is", of = "kind" },
    { "inode", "id", "inode number" },
    { "time_ms", "i64", "when it was removed, ms since 1970" },
    { "by", "text", "who removed it, as the caller said", max = 63 },
    { "left_ms", "u64", "how long it stays, of the master's living time" },
    { "counted", "bool", "the next three are known; a large tree is counted in the background" },
    { "files", "u64", "files and symlinks in it" },
    { "dirs", "u64", "directories, itself too" },
    { "bytes", "u64", "of the files" },
  } },
  -- Not part of a call: the JSON body of a datanode's answer to GET /v1/keepsakes.
  { name = "keepsakes", doc = "what a datanode keeps of the master's metadata (RULES 20)", fields = {
    { "cluster", "text", "cluster id, 32 hex digits", max = 32 },
    { "epoch", "u64", "highest reign of a master served (RULES 16)" },
    { "reign", "id", "of that epoch" },
    { "operation", "u64", "highest operation seen" },
    { "chunks", "list", "sealed, in order of their ids", of = "held", max = 4096 },
    { "more", "bool", "ask again after the last" },
  } },
  -- Not part of a call: the JSON body of a datanode's 200 answer to POST /v1/chunks/ID.
  { name = "receipt", doc = "a datanode's answer to an append", fields = {
    { "chunk", "id", "which chunk" },
    { "version", "u64", "its version" },
    { "offset", "u64", "where the body's first byte went" },
    { "length", "u64", "bytes appended" },
    { "crc", "u32", "CRC32C of them" },
    { "total", "u64", "length of the chunk now" },
    { "replicas", "u32", "that acknowledged, this one too" },
    { "signature", "text", "of (chunk, version, offset, length, crc) by the cluster key", max = 400 },
  } },
}

-- What any call may be answered with, besides its own errors; names of dfs/error.h.
S.common_errors = { "PROTO", "AUTH", "PERM", "UNAVAIL", "NOMEM", "INTERNAL", "UNSUPPORTED" }
-- And any that mutates.
S.mutation_errors = { "NOSPC", "LIMIT" }

local uid = { "uid", "u32", "owner", optional = true }
local gid = { "gid", "u32", "group", optional = true }
local mtime = times()
mtime.optional = true
local session = { "session", "id", "name of the session" }
local chunk = { "chunk", "id", "which chunk" }
local epoch = { "epoch", "u64", "the master's reign (RULES 16)" }

-- Calls. `to`: who answers; `auth`: the least role; `mutates`: carries (client, seq) and is answered once
-- (RULES 17); `errors`: its own.
S.calls = {
  { name = "hello", to = "master", auth = "read", doc = "first call on a channel (RULES 35)",
    args = {
      { "protocol", "u32", "spoken by the caller" },
      { "program", "text", "who calls", max = 63 },
      { "client", "id", "an id from an earlier hello, to go on with; 0 asks for one", optional = true },
    },
    reply = {
      { "protocol", "u32", "spoken by the master" },
      { "cluster", "text", "cluster id, 32 hex digits", max = 32 },
      { "epoch", "u64", "the master's reign" },
      { "client", "id", "durable, never given to another" },
      { "role", "enum", "what the token allows", of = "role" },
      { "wall_ms", "i64", "the master's clock, ms since 1970" },
    },
    errors = { "VERSION" } },

  { name = "stat", to = "master", auth = "read", doc = "attributes of a path",
    args = { path() },
    reply = { { "attr", "struct", "of the last name; symlinks are not followed", of = "attr" } },
    errors = { "NOENT", "NOTDIR", "NAME" } },

  { name = "list", to = "master", auth = "read", doc = "a page of a directory, in order of the names' bytes",
    args = {
      path(),
      { "after", "bytes", "begin past this name", max = 255, optional = true },
      { "limit", "u32", "entries, at most 1,000", optional = true, default = 1000 },
    },
    reply = {
      { "entries", "list", "of a file: itself alone", of = "attr", max = 1000 },
      { "more", "bool", "ask again after the last" },
    },
    errors = { "NOENT", "NOTDIR", "NAME" } },

  { name = "mkdir", to = "master", auth = "write", mutates = true, doc = "make a directory",
    args = {
      path(),
      { "mode", "u32", "07777", optional = true, default = 493 },
      { "parents", "bool", "make what is missing; an existing directory is no error", optional = true },
      mtime, uid, gid,
    },
    reply = { { "attr", "struct", "as made or found", of = "attr" } },
    errors = { "NOENT", "EXIST", "NOTDIR", "NAME" } },

  { name = "create", to = "master", auth = "write", mutates = true, doc = "an empty file where none is",
    args = { path(), { "mode", "u32", "07777", optional = true, default = 420 }, mtime, uid, gid },
    reply = { { "attr", "struct", "as made", of = "attr" } },
    errors = { "NOENT", "EXIST", "NOTDIR", "NAME" } },

  { name = "symlink", to = "master", auth = "write", mutates = true,
    doc = "make a symbolic link; it is stored, not followed",
    args = { path(), { "target", "bytes", "where it points", max = 4095 }, mtime, uid, gid },
    reply = { { "attr", "struct", "as made", of = "attr" } },
    errors = { "NOENT", "EXIST", "NOTDIR", "NAME" } },

  { name = "remove", to = "master", auth = "write", mutates = true,
    doc = "remove a name and, recursive, all below it: it goes into the trash, or is freed at once (RULES 14)",
    args = {
      path(),
      { "recursive", "bool", "a directory with what is in it", optional = true },
      { "directory", "bool", "only an empty directory (rmdir): nothing goes into the trash", optional = true },
      { "now", "bool", "free it at once", optional = true },
      { "by", "text", "who, for the list of the trash", max = 63, optional = true },
    },
    reply = {
      { "attr", "struct", "of what was removed", of = "attr" },
      { "entry", "u64", "its number in the trash; 0: it was freed", optional = true },
      { "left_ms", "u64", "how long it stays there, of the master's living time", optional = true },
    },
    errors = { "NOENT", "NOTDIR", "ISDIR", "NOTEMPTY", "NAME" } },

  { name = "rename", to = "master", auth = "write", mutates = true,
    doc = "move a name; replaces a file by a file, an empty directory by a directory",
    args = {
      path("absolute path of what is moved"),
      { "to", "bytes", "absolute path of its new place", max = 4096 },
      { "no_replace", "bool", "EXIST where the target exists", optional = true },
    },
    reply = { { "attr", "struct", "at its new place", of = "attr" } },
    errors = { "NOENT", "EXIST", "NOTDIR", "ISDIR", "NOTEMPTY", "NAME", "INVAL" } },

  { name = "setattr", to = "master", auth = "write", mutates = true, doc = "change attributes",
    args = {
      path(),
      { "set_mode", "bool", "take mode", optional = true },
      { "mode", "u32", "07777", optional = true },
      { "set_owner", "bool", "take uid and gid", optional = true },
      uid, gid,
      { "set_mtime", "bool", "take mtime_ns", optional = true },
      { "mtime_ns", "i64", "modification time, ns since 1970", optional = true },
    },
    reply = { { "attr", "struct", "as changed", of = "attr" } },
    errors = { "NOENT", "NOTDIR", "NAME" } },

  { name = "write_begin", to = "master", auth = "write", mutates = true,
    doc = "open a write session for the new content of a file (RULES 11)",
    args = {
      path(),
      { "size", "u64", "expected bytes; 2^64-1: unknown" },
      { "goal", "u32", "replicas; 0: the policy decides", optional = true },
      { "chunk_size", "u64", "bytes; 0: the policy decides", optional = true },
      { "durability", "enum", "RULES 10", of = "durability", optional = true },
      { "count", "u32", "chunks to allocate at once, at most 64", optional = true },
      { "no_replace", "bool", "EXIST where the file exists", optional = true },
    },
    reply = {
      { "session", "id", "name of the session" },
      { "chunk_size", "u64", "bytes of each chunk but the last" },
      { "goal", "u32", "replicas that the file will ask for" },
      { "expires_ms", "u64", "of silence, then it is gone" },
      { "warning", "text", "what the user should know: goal lowered, fewer live nodes", max = 511,
        optional = true },
      { "chunks", "list",
        "the first of them; empty for an empty file and in a repeated answer: ask by allocate",
        of = "allocated", max = 64 },
    },
    errors = { "NOENT", "EXIST", "NOTDIR", "ISDIR", "NAME", "INVAL", "NODES" } },

  { name = "allocate", to = "master", auth = "write", mutates = true, doc = "more chunks for a session",
    args = {
      session,
      { "count", "u32", "at most 64" },
      { "avoid", "list", "datanodes that just failed this writer", of = "u32", max = 64, optional = true },
    },
    reply = {
      { "chunks", "list", "at least one; empty only in a repeated answer: ask again as a new call",
        of = "allocated", max = 64 },
      { "warning", "text", "what the user should know: fewer live nodes", max = 511, optional = true },
    },
    errors = { "EXPIRED", "INVAL", "NODES" } },

  { name = "renew", to = "master", auth = "write", doc = "keep a session alive",
    args = { session }, reply = { { "expires_ms", "u64", "from now" } },
    errors = { "EXPIRED" } },

  { name = "seal", to = "master", auth = "write",
    doc = "a replica failed the writer: freeze the chunk, seal it at a length that holds what was"
      .. " acknowledged (RULES 1)",
    args = { session, chunk, { "acked", "u64", "bytes acknowledged to this writer" } },
    reply = {
      { "length", "u64", "0: nothing of it is kept" },
      { "version", "u64", "of the chunk, raised" },
      { "crc", "u32", "CRC32C of these bytes" },
    },
    errors = { "EXPIRED", "NOENT", "LOST" } },

  { name = "stage", to = "master", auth = "write", mutates = true,
    doc = "hand in extents of a long file ahead of the commit",
    args = { session, { "extents", "list", "the next ones, in order of offset", of = "extent", max = 1000 } },
    reply = {},
    errors = { "EXPIRED", "TICKET", "RANGE" } },

  { name = "commit", to = "master", auth = "write", mutates = true,
    doc = "make the new content visible, whole; ends the session",
    args = {
      session,
      { "size", "u64", "bytes of the file" },
      { "extents", "list", "the rest, after what was staged", of = "extent", max = 1000 },
      { "mode", "u32", "07777" },
      times(), uid, gid,
    },
    reply = { { "attr", "struct", "as committed", of = "attr" } },
    errors = { "EXPIRED", "TICKET", "RANGE", "NOENT", "EXIST", "ISDIR" } },

  { name = "abandon", to = "master", auth = "write", mutates = true,
    doc = "give a session up; its chunks are freed",
    args = { session }, reply = {},
    errors = { "EXPIRED" } },

  { name = "locate", to = "master", auth = "read",
    doc = "extents of a file from an offset on, with replicas and tickets",
    args = {
      { "path", "bytes", "absolute path; empty: by inode", max = 4096, optional = true },
      { "inode", "id", "with generation: go on reading one state (RULES 9)", optional = true },
      { "generation", "u64", "of the state that is being read", optional = true },
      { "offset", "u64", "first byte wanted", optional = true },
      { "limit", "u32", "extents, at most 256", optional = true, default = 64 },
    },
    reply = {
      { "attr", "struct", "of the file", of = "attr" },
      { "extents", "list", "in order of offset, the first holds the byte wanted", of = "located", max = 256 },
      { "more", "bool", "ask again past the last" },
    },
    errors = { "NOENT", "NOTDIR", "ISDIR", "NAME", "CHANGED" } },

  { name = "nodes", to = "master", auth = "read", doc = "the datanodes", args = {},
    reply = { { "nodes", "list", "by number", of = "node_info", max = 4096 } } },

  { name = "status", to = "master", auth = "read", doc = "the cluster in a page", args = {},
    reply = {
      { "cluster", "text", "cluster id, 32 hex digits", max = 32 },
      { "epoch", "u64", "the master's reign" },
      { "uptime_ms", "u64", "of the master" },
      { "safe_mode", "bool", "waiting for datanodes to report (RULES 22)" },
      { "read_only", "text", "why nothing is written; empty: it is", max = 255, optional = true },
      { "files", "u64", "files and symlinks" },
      { "dirs", "u64", "directories" },
      { "bytes", "u64", "of files" },
      { "chunks", "u64", "in metadata" },
      { "open_chunks", "u64", "of them not sealed" },
      { "under_goal", "u64", "sealed chunks with fewer good replicas than their goal" },
      { "lost", "u64", "sealed chunks without one" },
      { "sessions", "u64", "write sessions" },
      { "nodes_up", "u32", "datanodes that are neither dead nor suspect" },
      { "nodes_known", "u32", "datanodes registered ever, and not forgotten" },
      { "total", "u64", "bytes of disk" },
      { "free", "u64", "bytes of it not used" },
      { "used", "u64", "bytes in chunks" },
      { "operations", "u64", "in the op log so far" },
      { "trash_entries", "u64", "names in the trash", optional = true },
      { "trash_files", "u64", "files in it, as far as counted; not among `files`", optional = true },
      { "trash_bytes", "u64", "of these files; not among `bytes`", optional = true },
      { "orphans", "u64", "replicas that datanodes hold and the metadata does not know (RULES 16)", optional = true },
      { "orphan_bytes", "u64", "bytes of them", optional = true },
      { "orphan_age_ms", "u64", "since the oldest was heard of, by this master", optional = true },
      { "orphans_foreign", "u64", "of them, those whose chunk no master with this metadata ever made: left alone",
        optional = true },
      { "orphans_collected", "u64", "deleted since the start", optional = true },
      { "purge_paused", "text", "why nothing leaves the trash; empty: it does", max = 255, optional = true },
      { "policies", "list", "in force, or the error that made C decide", of = "policy_info", max = 32 },
      { "bad", "u64", "replicas that their datanodes gave up and that are not repaired", optional = true },
      { "scrub_oldest_ms", "u64", "no byte was checked by a scrub longer ago; 2^64-1: some never were",
        optional = true, default = 0 },
      { "hold", "text", "why nothing is deleted; empty: deletions go their way (RULES 16)", max = 511,
        optional = true },
      { "leaving", "u64", "of under_goal: have all their replicas, one on a datanode that is being emptied",
        optional = true },
      { "nodes_draining", "u32", "datanodes to be emptied", optional = true },
      { "nodes_unplugged", "u32", "of them, gone when nothing needed them any more", optional = true },
      { "checkpoint", "u64", "operation of the newest checkpoint; 0: none yet", optional = true },
      { "checkpoint_age_ms", "u64", "since it was made", optional = true },
      { "checkpoint_error", "text", "why the last attempt at one failed", max = 511, optional = true },
      { "under_by_live", "list", "of under_goal by live good replicas: none, 1, 2...", of = "u64", max = 10,
        optional = true },
      { "repair_queued", "u64", "chunks in line for a copy", optional = true },
      { "repair_delayed", "u64", "chunks that wait before they are looked at again", optional = true },
      { "repair_left", "u64", "bytes to be copied till all goals are reached", optional = true },
      { "repair_rate", "u64", "bytes/s copied of late", optional = true },
      { "repair_estimate_ms", "u64", "till all goals are reached at that rate; 0: not known", optional = true },
      { "copies", "list", "under way", of = "copying", max = 256, optional = true },
      { "missed", "list", "chunks that wait for datanodes: the first of them", of = "missed", max = 16,
        optional = true },
      { "trimming", "u64", "replicas above the goal that are being deleted", optional = true },
      { "trimmed", "u64", "of these since the start", optional = true },
      { "kept", "u64", "operation up to which the datanodes keep the metadata (RULES 20); 0: they do not yet",
        optional = true },
      { "kept_age_ms", "u64", "since it was stored there", optional = true },
      { "kept_bytes", "u64", "of all that they keep of it, each byte counted once", optional = true },
      { "kept_error", "text", "why the last attempt to store it failed", max = 511, optional = true },
    } },

  { name = "register", to = "master", auth = "node", doc = "a datanode's first call on its channel",
    args = {
      { "protocol", "u32", "spoken by the datanode" },
      { "cluster", "text", "cluster id, 32 hex digits", max = 32 },
      { "uuid", "id", "the node's identity" },
      { "incarnation", "id", "random, of this process" },
      { "address", "text", "where clients and peers reach it", max = 263 },
      { "rack", "text", "failure domain", max = 63, optional = true },
      { "disks", "list", "its data directories", of = "disk", max = 64 },
      { "epoch", "u64", "highest seen (RULES 16)" },
      { "reign", "id", "of that epoch" },
      { "operation", "u64", "highest operation seen" },
    },
    reply = {
      { "node", "u32", "its number, until it is forgotten; never another's" },
      { "epoch", "u64", "the master's reign" },
      { "reign", "id", "of that epoch" },
      { "operation", "u64", "last committed" },
      { "wall_ms", "i64", "the master's clock, ms since 1970" },
      { "heartbeat_ms", "u64", "how often" },
      { "restored", "u64", "the epoch that the last restore took: lower ones may know more operations; 0: none",
        optional = true },
    },
    errors = { "VERSION", "FENCED", "BUSY" } },

  { name = "report", to = "master", auth = "node",
    doc = "replicas held: a full report in parts, then deltas in order (RULES 23)",
    args = {
      { "incarnation", "id", "of the registered process" },
      { "sequence", "u64", "1, 2, 3... on this channel" },
      { "full", "bool", "part of a full report" },
      { "last", "bool", "its last part" },
      { "held", "list", "replicas: all of them, or those made or changed since", of = "held", max = 4096 },
      { "gone", "list", "deleted since", of = "chunk_version", max = 4096, optional = true },
    },
    reply = {},
    errors = { "STALE" } },

  { name = "heartbeat", to = "master", auth = "node",
    doc = "alive; from a thread that touches no disk (RULES 34)",
    args = {
      { "uuid", "id", "the node's identity" },
      { "incarnation", "id", "of the registered process" },
      { "stuck_ms", "u64", "since the data loop last turned" },
      { "disks", "list", "its data directories", of = "disk", max = 64 },
      { "used", "u64", "bytes in chunks" },
      { "chunks", "u64", "replicas it holds" },
      { "read_bytes", "u64", "served since the start" },
      { "write_bytes", "u64", "stored since the start" },
      { "errors", "u64", "since the start" },
      { "copy_bytes", "u64", "read and written for copies between datanodes, part of the above", optional = true },
      { "scrub", "list", "one: of all its data directories together", of = "scrub_info", max = 64, optional = true },
      { "disk_ms", "u64", "the slowest job of its disks, of those under way and those of the last 20 s", optional = true },
    },
    reply = {
      { "known", "bool", "false: register again" },
      { "epoch", "u64", "the master's reign" },
      { "operation", "u64", "last committed" },
      { "wall_ms", "i64", "the master's clock, ms since 1970" },
    } },

  { name = "progress", to = "master", auth = "node",
    doc = "open chunks that this node is primary of; the answer extends their leases",
    args = {
      { "incarnation", "id", "of the registered process" },
      { "writing", "list", "all of them", of = "writing", max = 4096 },
    },
    reply = { { "leases", "list", "one for each that is still its own", of = "leased", max = 4096 } },
    errors = { "STALE" } },

  { name = "freeze", to = "datanode", auth = "node",
    doc = "raise the version, refuse appends below it for ever, tell what is there (RULES 1)",
    args = { chunk, { "version", "u64", "the raised one" }, epoch },
    reply = {
      { "found", "bool", "false: there is no such replica, the rest is empty" },
      { "length", "u64", "verified, at a record boundary" },
      { "crc", "u32", "CRC32C of these bytes" },
      { "committed", "u64", "commit length known here" },
      { "state", "enum", "in its index", of = "held_state" },
      { "version", "u64", "that it has now: lower than asked where it had sealed itself before; 0: as asked", optional = true },
    },
    errors = { "STALE", "FENCED", "IO", "CORRUPT" } },

  { name = "seal_at", to = "datanode", auth = "node",
    doc = "cut to a length and seal; refused where the bytes differ",
    args = {
      chunk,
      { "version", "u64", "the raised one" },
      { "length", "u64", "bytes kept" },
      { "crc", "u32", "CRC32C of them" },
      epoch,
    },
    reply = {},
    errors = { "NOENT", "STALE", "FENCED", "RANGE", "CORRUPT", "IO" } },

  { name = "delete", to = "datanode", auth = "node",
    doc = "delete replicas at or below a version, never open ones above it (RULES 13)",
    args = { { "chunks", "list", "which, each with its version", of = "chunk_version", max = 4096 }, epoch },
    reply = { { "gone", "list", "deleted or not there", of = "chunk_version", max = 4096 } },
    errors = { "FENCED", "IO" } },

  { name = "copy", to = "datanode", auth = "node", doc = "fetch a sealed chunk from another datanode",
    args = {
      chunk,
      { "version", "u64", "its version" },
      { "length", "u64", "its bytes" },
      { "crc", "u32", "CRC32C of the whole" },
      { "source", "text", "host:port", max = 263 },
      { "ticket", "text", "for its GET", max = 400 },
      epoch,
      { "pace", "u64", "bytes/s at most; 0: as fast as it goes", optional = true },
      { "pieces", "list", "no good replica is left: put it together from the whole spans of these",
        of = "copy_source", max = 9, optional = true },
    },
    reply = {},
    errors = { "EXIST", "FENCED", "NOSPC", "CORRUPT", "IO", "TIMEOUT", "LOST" } },

  { name = "accept", to = "master", auth = "admin", mutates = true,
    doc = "after a restore: what the restored metadata does not know may be deleted (RULES 16)",
    args = {}, reply = {}, errors = { "INVAL" } },
  { name = "drain", to = "master", auth = "admin", mutates = true,
    doc = "empty a datanode: what it holds is copied elsewhere, it takes nothing more; until it is cancelled",
    args = {
      { "node", "u32", "its number" },
      { "cancel", "bool", "it is to be used again", optional = true },
    },
    reply = { { "drain", "struct", "how far it is", of = "drain_info" } },
    errors = { "NOENT", "NODES" } },

  { name = "drains", to = "master", auth = "read", doc = "the datanodes that are being emptied",
    args = {},
    reply = { { "drains", "list", "in order of their numbers", of = "drain_info", max = 1000 } } },

  { name = "checkpoint", to = "master", auth = "admin",
    doc = "make a checkpoint of the metadata as it is now (RULES 19); it can be read for some time",
    args = {},
    reply = {
      { "name", "text", "for checkpoint_read", max = 63 },
      { "epoch", "u64", "of the state in it" },
      { "operation", "u64", "the last one in it" },
      { "wall_ms", "i64", "of that operation, ms since 1970" },
      { "size", "u64", "bytes of the file" },
    },
    errors = { "BUSY", "NOSPC", "IO", "CORRUPT" } },

  { name = "checkpoint_read", to = "master", auth = "admin", doc = "bytes of a checkpoint's file",
    args = {
      { "name", "text", "as the checkpoint was called", max = 63 },
      { "offset", "u64", "first byte" },
      { "limit", "u32", "bytes, at most 1 MiB" },
    },
    reply = { { "pieces", "list", "one after the other; fewer bytes than asked for only at the end", of = "piece",
      max = 33 } },
    errors = { "NOENT", "IO", "BUSY" } },
  { name = "scrub", to = "master", auth = "admin", doc = "have datanodes check their replicas, or tell how fast they may",
    args = {
      { "node", "u32", "which datanode; 0: all that are there", optional = true },
      { "now", "bool", "a pass over everything begins at once", optional = true },
      { "rate", "u64", "bytes/s for each data directory: of that pass, or from now on; 0: the usual", optional = true },
    },
    reply = { { "asked", "list", "by number", of = "scrub_asked", max = 4096 } },
    errors = { "NOENT", "NODES" } },

  { name = "scrub_wait", to = "master", auth = "read", doc = "wait a moment for passes that were asked for",
    args = {
      { "asked", "list", "as `scrub` answered", of = "scrub_asked", max = 4096, optional = true },
      { "repaired", "bool", "wait also until nothing is bad any more", optional = true },
      { "wait_ms", "u32", "at most, up to 2,000", optional = true },
    },
    reply = {
      { "over", "bool", "false: ask again" },
      { "nodes", "list", "by number", of = "node_info", max = 4096 },
    } },

  { name = "fsck", to = "master", auth = "admin", doc = "begin to check metadata against itself and against replicas",
    args = {
      { "path", "bytes", "only what concerns files at or below it", max = 4096, optional = true },
      { "repair", "bool", "mend what can safely be mended; nothing is deleted", optional = true },
    },
    reply = { { "check", "u64", "its number" } },
    errors = { "BUSY", "NAME", "NOENT" } },

  { name = "fsck_read", to = "master", auth = "admin", doc = "what a check has found so far",
    args = {
      { "check", "u64", "its number" },
      { "after", "u32", "faults that the caller has", optional = true },
      { "wait_ms", "u32", "for more of them, up to 2,000", optional = true },
    },
    reply = {
      { "faults", "list", "the next ones", of = "fsck_fault", max = 200 },
      { "over", "bool", "that was all" },
      { "stage", "text", "what it is doing", max = 127 },
      { "chunks", "u64", "looked at" },
      { "orphans", "u64", "replicas that metadata does not know: left alone" },
      { "wrong", "u64", "faults so far, told or not" },
      { "mended", "u64", "of them mended" },
      { "queued", "u64", "chunks whose repair was begun or hurried" },
      { "error", "text", "why it could not go on; empty: it could", max = 511, optional = true },
    },
    errors = { "NOENT" } },

  { name = "scrub_begin", to = "datanode", auth = "node", doc = "as `scrub`, for one datanode",
    args = {
      { "now", "bool", "a pass over everything begins at once" },
      { "rate", "u64", "bytes/s for each data directory; 0: the usual" },
      epoch,
    },
    reply = { { "begun", "u64", "passes begun so far, durably" } },
    errors = { "FENCED", "IO" } },

  { name = "report_all", to = "datanode", auth = "node", doc = "report all replicas anew; answered when that is done",
    args = { epoch }, reply = {},
    errors = { "FENCED" } },

  { name = "trash_list", to = "master", auth = "read", doc = "what is in the trash, the oldest first",
    args = {
      { "after", "u64", "begin past this entry", optional = true },
      { "limit", "u32", "entries, at most 1,000", optional = true, default = 1000 },
      { "path", "bytes", "only what was there or below", max = 4096, optional = true },
    },
    reply = {
      { "entries", "list", "in order of their numbers", of = "trashed", max = 1000 },
      { "more", "bool", "ask again after `next`, though there may be no entries here" },
      { "next", "u64", "the last entry looked at" },
    },
    errors = { "NAME" } },

  { name = "undelete", to = "master", auth = "write", mutates = true,
    doc = "bring a name back from the trash, with its inode, bytes, attributes and links",
    args = {
      path("where it was"),
      { "to", "bytes", "where it goes; empty: where it was", max = 4096, optional = true },
      { "entry", "u64", "which removal of that path; 0: the newest", optional = true },
    },
    reply = { { "attr", "struct", "of the name as it is now", of = "attr" } },
    errors = { "NOENT", "EXIST", "NOTDIR", "NAME", "INVAL" } },

  { name = "trash_empty", to = "master", auth = "write", mutates = true,
    doc = "free what is in the trash; a step of it: ask again while there is more",
    args = {
      { "after", "u64", "begin past this entry", optional = true },
      { "path", "bytes", "only what was there or below", max = 4096, optional = true },
      { "entry", "u64", "only this one", optional = true },
      { "older_ms", "u64", "only what was removed longer ago, of the master's living time", optional = true },
    },
    reply = {
      { "freed", "u64", "entries freed by this call" },
      { "more", "bool", "ask again after `next`" },
      { "next", "u64", "the last entry looked at" },
    },
    errors = { "NOENT", "NAME" } },
  { name = "why", to = "master", auth = "read",
    doc = "why it is so: of a path, a chunk, a datanode, or (none of them) of whatever is not well in the cluster",
    args = {
      { "path", "bytes", "of a file, a directory, or something in the trash", max = 4096, optional = true },
      { "chunk", "id", "a chunk instead", optional = true },
      { "node", "u32", "a datanode instead, by its number", optional = true },
      { "all", "bool", "of a file: every chunk, not only those that are not well", optional = true },
      { "offset", "u64", "of a file: begin at this byte", optional = true },
    },
    reply = {
      { "reasons", "list", "in order", of = "reason", max = 1000 },
      { "more", "bool", "there were others" },
      { "next", "u64", "of a file with more chunks: the offset to ask from; 0: that was the end", optional = true },
    },
    errors = { "NOENT", "NOTDIR", "NAME" } },

  { name = "history", to = "master", auth = "read", doc = "what happened lately, as far as this master remembers",
    args = {
      { "chunk", "id", "of this chunk alone", optional = true },
      { "node", "u32", "of this datanode alone", optional = true },
      { "limit", "u32", "events, at most 1,000", optional = true, default = 100 },
    },
    reply = { { "events", "list", "the oldest first", of = "reason", max = 1000 } } },

  { name = "balance", to = "master", auth = "admin", mutates = true,
    doc = "move replicas from full datanodes to empty ones, or stop that",
    args = {
      { "stop", "bool", "no more moves", optional = true },
      { "within", "u32", "percent, 1 to 100; 0: 5", optional = true },
    },
    reply = { { "balance", "struct", "how it stands", of = "balance_info" } },
    errors = { "INVAL" } },

  { name = "balancing", to = "master", auth = "read", doc = "how even the datanodes are",
    args = {},
    reply = { { "balance", "struct", "how it stands", of = "balance_info" } } },

  { name = "keepsake_read", to = "master", auth = "node",
    doc = "as checkpoint_read, for a datanode that was told to keep the file (RULES 20)",
    args = {
      { "name", "text", "as `keep` said", max = 63 },
      { "offset", "u64", "first byte" },
      { "limit", "u32", "bytes, at most 1 MiB" },
    },
    reply = { { "pieces", "list", "as of checkpoint_read", of = "piece", max = 33 } },
    errors = { "NOENT", "IO", "BUSY" } },

  { name = "keep", to = "datanode", auth = "node",
    doc = "fetch bytes of a checkpoint's file from the master, and keep them as a sealed chunk (RULES 20)",
    args = {
      chunk,
      { "version", "u64", "its version" },
      { "length", "u64", "its bytes" },
      { "crc", "u32", "CRC32C of the whole" },
      { "name", "text", "of the file, for keepsake_read", max = 63 },
      { "offset", "u64", "of its first byte there" },
      epoch,
    },
    reply = {},
    errors = { "EXIST", "FENCED", "NOSPC", "CORRUPT", "IO", "TIMEOUT" } },

  { name = "forget", to = "master", auth = "admin", mutates = true,
    doc = "a datanode that is dead and that nothing needs is known no more; one that returns registers as a new one",
    args = { { "node", "u32", "its number" } },
    reply = { { "drain", "struct", "how it last was; of a repeated call only its number", of = "drain_info" } },
    errors = { "NOENT", "NODES" } },
}

-- Rows of the master's tables: a compact binary form (pack/unpack), little-endian, strings with a 16-bit
-- length.
S.rows = {
  { name = "inode", doc = "inode id -> this", fields = {
    { "kind", "enum", "what it is", of = "kind" },
    { "generation", "u64", "raised by each commit of new content" },
    { "size", "u64", "bytes; of a directory the number of names in it" },
    { "mode", "u32", "permission bits, 07777" },
    { "uid", "u32", "owner" },
    { "gid", "u32", "group" },
    { "mtime_ns", "i64", "modification time, ns since 1970" },
    { "goal", "u32", "replicas asked for" },
    { "chunk_size", "u64", "bytes" },
    { "links", "u32", "names of this inode" },
    { "parent", "id", "of a directory: the directory above it" },
    { "content", "id", "of a file: the session that wrote its extents; 0: it has none" },
    { "target", "bytes", "of a symlink: where it points", max = 4095 },
  } },
  { name = "dentry", doc = "(parent inode, name) -> this", fields = {
    { "inode", "id", "what the name stands for" },
    { "kind", "enum", "what that is", of = "kind" },
  } },
  { name = "extent_row", doc = "(content, end offset) -> this", fields = {
    { "chunk", "id", "which chunk" },
    { "chunk_offset", "u64", "where it begins in the chunk" },
    { "length", "u64", "bytes, > 0" },
    { "crc", "u32", "CRC32C of these bytes" },
  } },
  { name = "chunk", doc = "chunk id -> this", fields = {
    { "version", "u64", "raised at each freeze" },
    { "state", "enum", "of its life", of = "chunk_state" },
    { "goal", "u32", "replicas asked for" },
    { "length", "u64", "once sealed; while open the bytes from 0 on that extents cover without a gap" },
    { "crc", "u32", "CRC32C of these bytes" },
    { "refs", "u32", "extents that point here" },
    { "live", "u64", "bytes that extents point at" },
    { "session", "id", "that writes it; 0: none" },
    { "floor", "u64", "bytes known acknowledged: highest extent end" },
    { "durability", "enum", "what its writer asked for", of = "durability" },
    { "nodes", "list", "replica set of the allocation, primary first (RULES 4)", of = "u32", max = 9 },
    { "freed_ms", "i64", "when it lost its last reference, ms since 1970" },
  } },
  { name = "session", doc = "session id -> this", fields = {
    { "parent", "id", "directory that the file goes into" },
    { "name", "bytes", "its name there", max = 255 },
    { "goal", "u32", "replicas that the file will ask for" },
    { "chunk_size", "u64", "bytes" },
    { "durability", "enum", "what its writer asked for", of = "durability" },
    { "touched_ms", "i64", "wall time of the last durable sign of life" },
    { "no_replace", "bool", "EXIST where the file exists at the commit" },
    { "staged", "u64", "bytes handed in by stage" },
  } },
  { name = "node", doc = "node number -> this", fields = {
    { "uuid", "id", "its identity" },
    { "address", "text", "host:port", max = 263 },
    { "rack", "text", "failure domain", max = 63 },
    { "added_ms", "i64", "when it was first known, ms since 1970" },
    { "draining", "bool", "to be emptied" },
  } },
  { name = "answer", doc = "(client, sequence) -> what was answered (RULES 17)", fields = {
    { "time_ms", "i64", "when, ms since 1970" },
    { "operation", "u64", "its number in the log; 0 where refused" },
    { "code", "u32", "0 or the error's number in dfs/error.h, without its sign" },
    { "text", "text", "the error's sentence", max = 511 },
    { "value", "id", "inode or session made" },
  } },
  { name = "counters", doc = "one row: what is counted", fields = {
    { "format", "u32", "of the database" },
    { "cluster", "text", "cluster id, 32 hex digits", max = 32 },
    { "epoch", "u64", "the master's reign" },
    { "reign", "id", "of that epoch" },
    { "operation", "u64", "last applied" },
    { "next_inode", "u64", "the next number to give" },
    { "next_node", "u32", "the next number to give" },
    { "client_reserved", "u64", "ids below it may be in use" },
    { "chunk_reserved", "u64", "counters below it, of this epoch" },
    { "session_reserved", "u64", "ids below it may be in use" },
    { "files", "u64", "files and symlinks" },
    { "dirs", "u64", "directories" },
    { "bytes", "u64", "of files" },
    { "chunks", "u64", "in metadata" },
    { "wall_ms", "i64", "of the last operation, ms since 1970" },
  } },
  { name = "reign", doc = "epoch -> this: every reign that this database has been through (RULES 16)", fields = {
    { "reign", "id", "of that epoch" },
    { "operation", "u64", "that began it" },
    { "time_ms", "i64", "when, ms since 1970" },
    { "restored", "bool", "it began by putting a backup back: what came after the backup was given up" },
  } },
  { name = "hold", doc = "one row, while nothing may be deleted after a restore (RULES 16)", fields = {
    { "epoch", "u64", "that the restore took" },
    { "operation", "u64", "last one of the backup" },
    { "wall_ms", "i64", "when the backup was made, ms since 1970" },
    { "since_ms", "i64", "when it was put back, ms since 1970" },
  } },
  { name = "trash", doc = "number of the operation that moved it there -> this (RULES 14)", fields = {
    { "path", "bytes", "where it was", max = 4096 },
    { "inode", "id", "what the name stood for" },
    { "kind", "enum", "what that is", of = "kind" },
    { "time_ms", "i64", "when, ms since 1970" },
    { "living_ms", "u64", "when, by the master's living time" },
    { "keep_ms", "u64", "of living time from then: what the policy said" },
    { "by", "text", "who, as the caller said; may be empty", max = 63 },
    { "counted", "bool", "the next three are known: of a directory once it was walked" },
    { "files", "u64", "files and symlinks in it" },
    { "dirs", "u64", "directories in it, itself too" },
    { "bytes", "u64", "of the files" },
  } },
  { name = "trash_count", doc = "one row: the sums of what is in the trash", fields = {
    { "living_ms", "u64", "how long masters have lived, as last told" },
    { "entries", "u64", "names in the trash" },
    { "files", "u64", "files and symlinks, as far as counted" },
    { "dirs", "u64", "directories, as far as counted" },
    { "bytes", "u64", "of the files, as far as counted" },
  } },
  { name = "setting", doc = "name -> this: what an operator set while the cluster ran", fields = {
    { "value", "text", "what it means depends on the name", max = 1023 },
  } },
  { name = "keepsake", doc = "first chunk -> this: a file of the metadata, kept on datanodes (RULES 20)", fields = {
    { "from", "u64", "first operation in it; 0: all of the database" },
    { "operation", "u64", "the last one in it" },
    { "epoch", "u64", "at that operation" },
    { "reign", "id", "of that epoch" },
    { "size", "u64", "bytes of the file" },
    { "part", "u64", "bytes of each of its chunks but the last; their ids follow each other" },
    { "time_ms", "i64", "when it was stored, ms since 1970" },
  } },
}

-- An operation names everything it needs: no field of it is optional.
local op_uid, op_gid = { "uid", "u32", "owner" }, { "gid", "u32", "group" }
local op_mode = { "mode", "u32", "permission bits, 07777" }
local op_mtime = { "mtime_ns", "i64", "modification time, ns since 1970" }

local living = { "living_ms", "u64", "how long masters have lived" }

-- Operations: each one mutation, carrying every time, id and policy answer that it needs (RULES 19). Packed
-- like rows; in the log: operation number -> (op kind, time_ms, client, seq, body).
S.ops = {
  { name = "epoch_begin", doc = "a master starts", fields = {
    { "epoch", "u64", "its reign" },
    { "reign", "id", "random, of this epoch" },
    { "cluster", "text", "cluster id, 32 hex digits", max = 32 },
  } },
  { name = "reserve", doc = "ids below these may be given out", fields = {
    { "client", "u64", "clients" },
    { "chunk", "u64", "counters of chunks, of this epoch" },
    { "session", "u64", "write sessions" },
  } },
  { name = "node_set", doc = "a datanode is known", fields = {
    { "node", "u32", "its number" },
    { "uuid", "id", "its identity" },
    { "address", "text", "host:port", max = 263 },
    { "rack", "text", "failure domain", max = 63 },
    { "draining", "bool", "to be emptied" },
  } },
  { name = "mkdir", doc = "make a directory", fields = {
    path(), op_mode, { "parents", "bool", "make what is missing" }, op_mtime, op_uid, op_gid,
  } },
  { name = "create", doc = "make an empty file", fields = {
    path(), op_mode, op_mtime, op_uid, op_gid,
    { "goal", "u32", "replicas asked for" },
    { "chunk_size", "u64", "bytes" },
  } },
  { name = "symlink", doc = "make a symbolic link", fields = {
    path(), { "target", "bytes", "where it points", max = 4095 }, op_mtime, op_uid, op_gid,
  } },
  { name = "remove", doc = "remove a name", fields = {
    path(),
    { "recursive", "bool", "a directory with what is in it" },
    { "directory", "bool", "only an empty directory" },
  } },
  { name = "rename", doc = "move a name", fields = {
    path("absolute path of what is moved"),
    { "to", "bytes", "absolute path of its new place", max = 4096 },
    { "no_replace", "bool", "refused where the target exists" },
  } },
  { name = "setattr", doc = "change attributes", fields = {
    path(),
    { "set_mode", "bool", "take mode" }, op_mode,
    { "set_owner", "bool", "take uid and gid" }, op_uid, op_gid,
    { "set_mtime", "bool", "take mtime_ns" }, op_mtime,
  } },
  { name = "session_begin", doc = "a write session and its first chunks", fields = {
    session, path(),
    { "goal", "u32", "replicas that the file will ask for" },
    { "chunk_size", "u64", "bytes" },
    { "durability", "enum", "what its writer asked for", of = "durability" },
    { "no_replace", "bool", "refused where the file exists" },
    { "chunks", "list", "the first of them", of = "chunk_new", max = 64 },
  } },
  { name = "chunk_add", doc = "more chunks for a session", fields = {
    session, { "chunks", "list", "fresh ones", of = "chunk_new", max = 64 },
  } },
  { name = "session_touch", doc = "sign of life of a session", fields = { session } },
  { name = "stage", doc = "extents handed in ahead of the commit", fields = {
    session, { "extents", "list", "the next ones, in order of offset", of = "extent_new", max = 1000 },
  } },
  { name = "commit", doc = "make a session's content visible, whole, and end it", fields = {
    session,
    { "size", "u64", "bytes of the file" },
    { "extents", "list", "the rest, after what was staged", of = "extent_new", max = 1000 },
    op_mode, op_mtime, op_uid, op_gid,
  } },
  { name = "session_end", doc = "given up or expired: its chunks are freed", fields = { session } },
  { name = "chunk_raise", doc = "version raised, before a freeze is sent", fields = {
    chunk, { "version", "u64", "the raised one" },
  } },
  { name = "chunk_seal", doc = "length fixed", fields = {
    chunk,
    { "version", "u64", "that was frozen" },
    { "length", "u64", "bytes kept" },
    { "crc", "u32", "CRC32C of them" },
  } },
  { name = "purge", doc = "a bounded step of what a recursive remove left behind", fields = {
    { "rows", "u32", "at most this many" },
  } },
  { name = "chunk_forget", doc = "freed and deleted everywhere", fields = {
    { "chunks", "list", "which", of = "id", max = 1000 },
  } },
  { name = "hold", doc = "a backup was put back: its own reign, and nothing is deleted until accept", fields = {
    { "epoch", "u64", "above all that anybody has seen" },
    { "reign", "id", "random, of this epoch" },
    { "operation", "u64", "last one of the backup" },
    { "wall_ms", "i64", "when the backup was made, ms since 1970" },
  } },
  { name = "accept", doc = "what the restored metadata does not know may be deleted", fields = {} },
  { name = "log_drop", doc = "a bounded step: rows of the log that a checkpoint covers", fields = {
    { "upto", "u64", "the last operation that may go" },
    { "rows", "u32", "at most this many" },
  } },
  { name = "trash_move", doc = "a name, with all below it, goes into the trash (RULES 14)", fields = {
    path(),
    { "recursive", "bool", "a directory with what is in it" },
    living, { "keep_ms", "u64", "of living time: what the policy said" },
    { "by", "text", "who, as the caller said", max = 63 },
  } },
  { name = "undelete", doc = "a name comes back from the trash", fields = {
    path("where it was"),
    { "to", "bytes", "where it goes; empty: where it was", max = 4096 },
    { "entry", "u64", "number of the operation that moved it there; 0: the newest of that path" },
  } },
  { name = "trash_drop", doc = "names leave the trash for good", fields = {
    { "entries", "list", "which; those that are gone are passed over", of = "u64", max = 1000 },
    { "living_ms", "u64", "the master's living time: those whose time has not come stay; 0: all go" },
    { "rows", "u32", "about as many rows are touched at most" },
  } },
  { name = "trash_live", doc = "the master's living time, while something is in the trash", fields = { living } },
  { name = "trash_measure", doc = "what a directory in the trash holds was counted", fields = {
    { "entry", "u64", "its number" },
    { "files", "u64", "files and symlinks" },
    { "dirs", "u64", "directories, itself too" },
    { "bytes", "u64", "of the files" },
  } },
  { name = "node_drain", doc = "a datanode is to be emptied, or no longer", fields = {
    { "node", "u32", "its number" },
    { "draining", "bool", "to be emptied" },
  } },
  { name = "mend", doc = "counts that a check found wrong are set right; a chunk's only where they are as it saw them",
    fields = {
      { "chunks", "list", "whose references are miscounted", of = "mend_chunk", max = 1000 },
      { "add_files", "i64", "to the counters" },
      { "add_dirs", "i64", "likewise" },
      { "add_bytes", "i64", "likewise" },
      { "add_chunks", "i64", "likewise" },
    } },
  { name = "setting_set", doc = "a setting is changed; an empty value takes it away", fields = {
    { "name", "text", "a to z, digits and _", max = 63 },
    { "value", "text", "its new value", max = 1023 },
  } },
  { name = "keepsake_add", doc = "a file of the metadata is on datanodes: its chunks, sealed (RULES 20)", fields = {
    chunk,
    { "from", "u64", "first operation in it; 0: all of the database" },
    { "operation", "u64", "the last one in it" },
    { "epoch", "u64", "at that operation" },
    { "reign", "id", "of that epoch" },
    { "part", "u64", "bytes of each chunk but the last" },
    { "goal", "u32", "replicas asked for" },
    { "chunks", "list", "in order; their ids follow each other from `chunk` on", of = "keepsake_chunk", max = 4096 },
  } },
  { name = "keepsake_drop", doc = "files of the metadata that newer ones replace: their chunks are freed", fields = {
    { "chunks", "list", "the first chunk of each; those that are gone are passed over", of = "id", max = 1000 },
  } },
  { name = "node_forget", doc = "a datanode is known no more; its number is given to no other", fields = {
    { "node", "u32", "its number" },
  } },
}

S.op_structs = {
  { name = "chunk_new", doc = "a chunk as it is allocated", fields = {
    chunk,
    { "version", "u64", "its first version" },
    { "nodes", "list", "replica set, primary first (RULES 4)", of = "u32", max = 9 },
  } },
  { name = "extent_new", doc = "an extent whose receipt was checked", fields = {
    { "offset", "u64", "where it begins in the file" },
    chunk,
    { "chunk_offset", "u64", "where it begins in the chunk" },
    { "length", "u64", "bytes, > 0" },
    { "crc", "u32", "CRC32C of these bytes" },
    { "version", "u64", "of the receipt: an open chunk must still have it (RULES 1); 0: the master sealed the chunk" },
  } },
  { name = "keepsake_chunk", doc = "a chunk of a file of the metadata", fields = {
    { "length", "u64", "bytes, > 0" },
    { "crc", "u32", "CRC32C of them" },
  } },
  { name = "mend_chunk", doc = "what a chunk says of its references, and what extents say", fields = {
    chunk,
    { "was_refs", "u32", "as it says" },
    { "was_live", "u64", "bytes, as it says" },
    { "refs", "u32", "extents that point at it" },
    { "live", "u64", "their bytes" },
  } },
}

-- What verbs print with --json: the reply of a call, or fields of their own. For docs/json.md alone.
local path_asked = { "path", "bytes", "as asked, canonical", max = 4096 }

S.prints = {
  { verb = "ls", doc = "one object a path, each on a line of its own", fields = {
    path_asked,
    { "entries", "list", "in order of the names' bytes; of a file: itself alone", of = "attr" },
  } },
  { verb = "stat", doc = "one object a path, each on a line of its own", fields = {
    path_asked,
    { "attr", "struct", "of the last name; symlinks are not followed", of = "attr" },
  } },
  { verb = "find", doc = "one object for each that is found, on a line of its own", fields = {
    { "path", "bytes", "where it is", max = 4096 },
    { "attr", "struct", "its attributes", of = "attr" },
  } },
  { verb = "info", doc = "one object a path: its attributes and where its bytes are", fields = {
    path_asked,
    { "attr", "struct", "of the path", of = "attr" },
    { "extents", "list", "all of them in order of offset; `ticket` is empty", of = "located" },
  } },
  { verb = "du", doc = "one object for each directory and each path asked for, below before above", fields = {
    { "path", "bytes", "where it is", max = 4096 },
    { "bytes", "u64", "of the files in it and below" },
    { "files", "u64", "how many they are" },
  } },
  { verb = "put, get", doc = "one object a file, each on a line of its own", fields = {
    { "path", "bytes", "in the file system", max = 4096 },
    { "local", "bytes", "the file here; `-` for standard input", max = 4096 },
    { "bytes", "u64", "moved" },
    { "goal", "u32", "replicas that the file asks for" },
    { "chunks", "u32", "that its bytes are in" },
    { "retries", "u32", "chunks or replicas given up on the way" },
    { "warning", "text", "what the user should know", max = 511, optional = true },
  } },
  { verb = "nodes", doc = "one object", call = "nodes" },
  { verb = "status", call = "status",
    doc = "one object; besides these `troubles`, a list of what is wrong, in words: empty when all is well" },
  { verb = "drain", doc = "with NODE: how far it is, one object; without: `drains`, a list of these", fields = {
    { "drains", "list", "the datanodes that are being emptied", of = "drain_info" },
  } },
  { verb = "scrub", doc = "one object", call = "scrub_wait" },
  { verb = "fsck", doc = "one object: `faults` all of them, the rest as at the end", call = "fsck_read" },
  { verb = "trash ls", doc = "one object", fields = {
    { "entries", "list", "the oldest first", of = "trashed" },
  } },
  { verb = "trash empty", doc = "one object", fields = { { "freed", "u64", "names freed" } } },
  { verb = "why", doc = "one object", fields = {
    { "reasons", "list", "in order; empty without an argument where all is well", of = "reason" },
  } },
  { verb = "log", doc = "one object", call = "history" },
  { verb = "balance", doc = "one object: the `balance` of these", call = "balancing" },
  { verb = "df", doc = "one object", fields = {
    { "total", "u64", "bytes of disk" },
    { "used", "u64", "bytes in chunks" },
    { "free", "u64", "bytes not used" },
  } },
  { verb = "version", doc = "one object", fields = { { "version", "text", "of the program", max = 63 } } },
}

return S
