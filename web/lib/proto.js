// SPDX-License-Identifier: MIT
// Made from core/proto/schema.lua by core/proto/generate.lua: change that, not this.

export const PROTOCOL = 1;

export const LIMITS = {
  depth: 8, // nesting of objects and lists in one JSON text
  message: 4194304, // bytes of one JSON text
  values: 262144, // values (objects, lists, strings, numbers...) in one JSON text
  batch: 1024, // calls and replies in one array
  path: 4096, // bytes of a path
  name: 255, // bytes of a name
  page: 1000, // entries of a listed page
  replicas: 9, // copies of a chunk
};

export const ENUMS = {
  kind: ["file", "dir", "symlink"], // what an inode is
  durability: ["sync", "async"], // what acknowledged means (RULES 10)
  chunk_state: ["open", "sealed", "freed"], // a chunk in metadata
  replica_state: ["good", "open", "stale", "short", "corrupt", "missing", "unknown"], // one datanode's copy, as the master knows it
  node_state: ["up", "slow", "suspect", "dead", "draining"], // a datanode, as the master knows it
  held_state: ["open", "frozen", "sealed", "bad"], // a replica, as its datanode knows it
  role: ["none", "read", "write", "admin", "node"], // what a token allows
  fault_kind: ["metadata", "lost", "under_goal", "over_goal", "broken", "waiting"], // what a check of the file system found
};

// Codes of a fault and their default sentences.
export const ERRORS = {
  NOMEM: "out of memory",
  INVAL: "bad argument",
  NOENT: "no such file or directory",
  EXIST: "already exists",
  NOTDIR: "not a directory",
  ISDIR: "is a directory",
  NOTEMPTY: "directory not empty",
  NAME: "bad name",
  IO: "input/output error",
  NOSPC: "no space left",
  CORRUPT: "checksum mismatch",
  STALE: "stale version",
  SEALED: "chunk is sealed",
  BUSY: "busy",
  UNAVAIL: "not available now",
  TIMEOUT: "timed out",
  PERM: "not permitted",
  AUTH: "no valid token",
  TICKET: "bad ticket",
  PROTO: "malformed message",
  TOOBIG: "too large",
  RANGE: "out of range",
  NODES: "not enough live datanodes",
  CHANGED: "changed while it was read",
  EXPIRED: "write session expired",
  WRITER_EXPIRED: "writer expired",
  FENCED: "fenced off",
  VERSION: "protocol version not spoken",
  SCRIPT: "script failed",
  LIMIT: "limit exceeded",
  UNSUPPORTED: "not supported",
  LOST: "no live replica",
  CLOSED: "connection closed",
  CANCELLED: "cancelled",
  INTERNAL: "internal error",
};

// u64 and i64 are decimal strings, an id is 16 hex digits, names (bytes) are %%XX-encoded.
export const STRUCTS = {
  fault: [
    { name: "code", type: "text", max: 32 },
    { name: "message", type: "text", max: 511 },
  ],
  attr: [
    { name: "name", type: "bytes", max: 255 },
    { name: "kind", type: "enum", of: "kind" },
    { name: "inode", type: "id" },
    { name: "generation", type: "u64" },
    { name: "size", type: "u64" },
    { name: "mode", type: "u32" },
    { name: "uid", type: "u32" },
    { name: "gid", type: "u32" },
    { name: "mtime_ns", type: "i64" },
    { name: "goal", type: "u32" },
    { name: "chunk_size", type: "u64" },
    { name: "links", type: "u32" },
    { name: "target", type: "bytes", max: 4095, optional: true },
  ],
  replica: [
    { name: "node", type: "u32" },
    { name: "address", type: "text", max: 263 },
    { name: "state", type: "enum", of: "replica_state" },
    { name: "version", type: "u64", optional: true },
  ],
  allocated: [
    { name: "chunk", type: "id" },
    { name: "version", type: "u64" },
    { name: "ticket", type: "text", max: 400 },
    { name: "lease_ms", type: "u64" },
    { name: "replicas", type: "list", of: "replica", max: 9 },
  ],
  extent: [
    { name: "offset", type: "u64" },
    { name: "chunk", type: "id" },
    { name: "chunk_offset", type: "u64" },
    { name: "length", type: "u64" },
    { name: "crc", type: "u32" },
    { name: "receipt", type: "text", max: 400, optional: true },
  ],
  located: [
    { name: "offset", type: "u64" },
    { name: "chunk", type: "id" },
    { name: "version", type: "u64" },
    { name: "state", type: "enum", of: "chunk_state" },
    { name: "chunk_offset", type: "u64" },
    { name: "length", type: "u64" },
    { name: "crc", type: "u32" },
    { name: "chunk_length", type: "u64" },
    { name: "ticket", type: "text", max: 400 },
    { name: "replicas", type: "list", of: "replica", max: 9 },
  ],
  disk: [
    { name: "disk", type: "id" },
    { name: "path", type: "bytes", max: 4095 },
    { name: "total", type: "u64" },
    { name: "free", type: "u64" },
    { name: "reserve", type: "u64" },
    { name: "error", type: "text", max: 511, optional: true },
  ],
  held: [
    { name: "chunk", type: "id" },
    { name: "version", type: "u64" },
    { name: "length", type: "u64" },
    { name: "state", type: "enum", of: "held_state" },
    { name: "crc", type: "u32", optional: true },
    { name: "why", type: "text", max: 255, optional: true },
  ],
  writing: [
    { name: "chunk", type: "id" },
    { name: "version", type: "u64" },
    { name: "length", type: "u64" },
    { name: "committed", type: "u64" },
  ],
  leased: [
    { name: "chunk", type: "id" },
    { name: "version", type: "u64" },
    { name: "lease_ms", type: "u64" },
  ],
  chunk_version: [
    { name: "chunk", type: "id" },
    { name: "version", type: "u64" },
  ],
  piece: [
    { name: "data", type: "text", max: 65535 },
  ],
  node_info: [
    { name: "node", type: "u32" },
    { name: "uuid", type: "id" },
    { name: "address", type: "text", max: 263 },
    { name: "rack", type: "text", max: 63 },
    { name: "state", type: "enum", of: "node_state" },
    { name: "silence_ms", type: "u64" },
    { name: "total", type: "u64" },
    { name: "free", type: "u64" },
    { name: "used", type: "u64" },
    { name: "chunks", type: "u64" },
    { name: "read_rate", type: "u64" },
    { name: "write_rate", type: "u64" },
    { name: "why", type: "text", max: 255, optional: true },
    { name: "draining", type: "bool", optional: true },
    { name: "safe", type: "bool", optional: true },
    { name: "scrub", type: "list", of: "scrub_info", max: 64, optional: true },
  ],
  reason: [
    { name: "about", type: "text", max: 127 },
    { name: "text", type: "text", max: 1023 },
    { name: "time_ms", type: "i64", optional: true },
  ],
  balance_info: [
    { name: "on", type: "bool" },
    { name: "within", type: "u32" },
    { name: "imbalance", type: "u64" },
    { name: "moving", type: "u32" },
    { name: "moved", type: "u64" },
    { name: "moved_bytes", type: "u64" },
    { name: "failed", type: "u64" },
    { name: "text", type: "text", max: 511 },
  ],
  drain_info: [
    { name: "node", type: "u32" },
    { name: "address", type: "text", max: 263 },
    { name: "state", type: "enum", of: "node_state" },
    { name: "draining", type: "bool" },
    { name: "safe", type: "bool" },
    { name: "held", type: "u64" },
    { name: "chunks", type: "u64" },
    { name: "bytes", type: "u64" },
    { name: "open", type: "u64" },
    { name: "deletions", type: "u64" },
    { name: "stuck", type: "u64" },
    { name: "rate", type: "u64" },
    { name: "estimate_ms", type: "u64" },
    { name: "since_ms", type: "u64" },
    { name: "text", type: "text", max: 511 },
  ],
  policy_info: [
    { name: "kind", type: "text", max: 31 },
    { name: "name", type: "text", max: 63 },
    { name: "decisions", type: "u64" },
    { name: "fallbacks", type: "u64" },
    { name: "error", type: "text", max: 511, optional: true },
    { name: "error_ago_ms", type: "u64", optional: true },
  ],
  copying: [
    { name: "chunk", type: "id" },
    { name: "from", type: "u32" },
    { name: "to", type: "u32" },
    { name: "length", type: "u64" },
    { name: "for_ms", type: "u64" },
  ],
  copy_source: [
    { name: "node", type: "u32" },
    { name: "address", type: "text", max: 263 },
  ],
  missed: [
    { name: "chunk", type: "id" },
    { name: "why", type: "text", max: 255 },
  ],
  scrub_info: [
    { name: "running", type: "u32" },
    { name: "begun", type: "u64" },
    { name: "checked", type: "u64" },
    { name: "total", type: "u64" },
    { name: "rate", type: "u64" },
    { name: "oldest_ms", type: "u64" },
    { name: "found", type: "u64" },
    { name: "extra", type: "u64" },
    { name: "bad", type: "u64" },
  ],
  scrub_asked: [
    { name: "node", type: "u32" },
    { name: "begun", type: "u64" },
    { name: "error", type: "text", max: 511, optional: true },
  ],
  fsck_path: [
    { name: "path", type: "bytes", max: 4096 },
  ],
  fsck_fault: [
    { name: "kind", type: "enum", of: "fault_kind" },
    { name: "wrong", type: "bool" },
    { name: "chunk", type: "id", optional: true },
    { name: "text", type: "text", max: 511 },
    { name: "names", type: "u64", optional: true },
    { name: "paths", type: "list", of: "fsck_path", max: 8, optional: true },
  ],
  trashed: [
    { name: "entry", type: "u64" },
    { name: "path", type: "bytes", max: 4096 },
    { name: "kind", type: "enum", of: "kind" },
    { name: "inode", type: "id" },
    { name: "time_ms", type: "i64" },
    { name: "by", type: "text", max: 63 },
    { name: "left_ms", type: "u64" },
    { name: "counted", type: "bool" },
    { name: "files", type: "u64" },
    { name: "dirs", type: "u64" },
    { name: "bytes", type: "u64" },
  ],
  keepsakes: [
    { name: "cluster", type: "text", max: 32 },
    { name: "epoch", type: "u64" },
    { name: "reign", type: "id" },
    { name: "operation", type: "u64" },
    { name: "chunks", type: "list", of: "held", max: 4096 },
    { name: "more", type: "bool" },
  ],
  receipt: [
    { name: "chunk", type: "id" },
    { name: "version", type: "u64" },
    { name: "offset", type: "u64" },
    { name: "length", type: "u64" },
    { name: "crc", type: "u32" },
    { name: "total", type: "u64" },
    { name: "replicas", type: "u32" },
    { name: "signature", type: "text", max: 400 },
  ],
};

export const CALLS = {
  // first call on a channel (RULES 35)
  hello: {
    to: "master", role: "read", mutates: false,
    args: [
      { name: "protocol", type: "u32" },
      { name: "program", type: "text", max: 63 },
      { name: "client", type: "id", optional: true },
    ],
    reply: [
      { name: "protocol", type: "u32" },
      { name: "cluster", type: "text", max: 32 },
      { name: "epoch", type: "u64" },
      { name: "client", type: "id" },
      { name: "role", type: "enum", of: "role" },
      { name: "wall_ms", type: "i64" },
    ],
  },
  // attributes of a path
  stat: {
    to: "master", role: "read", mutates: false,
    args: [
      { name: "path", type: "bytes", max: 4096 },
    ],
    reply: [
      { name: "attr", type: "struct", of: "attr" },
    ],
  },
  // a page of a directory, in order of the names' bytes
  list: {
    to: "master", role: "read", mutates: false,
    args: [
      { name: "path", type: "bytes", max: 4096 },
      { name: "after", type: "bytes", max: 255, optional: true },
      { name: "limit", type: "u32", optional: true, default: 1000 },
    ],
    reply: [
      { name: "entries", type: "list", of: "attr", max: 1000 },
      { name: "more", type: "bool" },
    ],
  },
  // make a directory
  mkdir: {
    to: "master", role: "write", mutates: true,
    args: [
      { name: "path", type: "bytes", max: 4096 },
      { name: "mode", type: "u32", optional: true, default: 493 },
      { name: "parents", type: "bool", optional: true },
      { name: "mtime_ns", type: "i64", optional: true },
      { name: "uid", type: "u32", optional: true },
      { name: "gid", type: "u32", optional: true },
    ],
    reply: [
      { name: "attr", type: "struct", of: "attr" },
    ],
  },
  // an empty file where none is
  create: {
    to: "master", role: "write", mutates: true,
    args: [
      { name: "path", type: "bytes", max: 4096 },
      { name: "mode", type: "u32", optional: true, default: 420 },
      { name: "mtime_ns", type: "i64", optional: true },
      { name: "uid", type: "u32", optional: true },
      { name: "gid", type: "u32", optional: true },
    ],
    reply: [
      { name: "attr", type: "struct", of: "attr" },
    ],
  },
  // make a symbolic link; it is stored, not followed
  symlink: {
    to: "master", role: "write", mutates: true,
    args: [
      { name: "path", type: "bytes", max: 4096 },
      { name: "target", type: "bytes", max: 4095 },
      { name: "mtime_ns", type: "i64", optional: true },
      { name: "uid", type: "u32", optional: true },
      { name: "gid", type: "u32", optional: true },
    ],
    reply: [
      { name: "attr", type: "struct", of: "attr" },
    ],
  },
  // remove a name and, recursive, all below it: it goes into the trash, or is freed at once (RULES 14)
  remove: {
    to: "master", role: "write", mutates: true,
    args: [
      { name: "path", type: "bytes", max: 4096 },
      { name: "recursive", type: "bool", optional: true },
      { name: "directory", type: "bool", optional: true },
      { name: "now", type: "bool", optional: true },
      { name: "by", type: "text", max: 63, optional: true },
    ],
    reply: [
      { name: "attr", type: "struct", of: "attr" },
      { name: "entry", type: "u64", optional: true },
      { name: "left_ms", type: "u64", optional: true },
    ],
  },
  // move a name; replaces a file by a file, an empty directory by a directory
  rename: {
    to: "master", role: "write", mutates: true,
    args: [
      { name: "path", type: "bytes", max: 4096 },
      { name: "to", type: "bytes", max: 4096 },
      { name: "no_replace", type: "bool", optional: true },
    ],
    reply: [
      { name: "attr", type: "struct", of: "attr" },
    ],
  },
  // change attributes
  setattr: {
    to: "master", role: "write", mutates: true,
    args: [
      { name: "path", type: "bytes", max: 4096 },
      { name: "set_mode", type: "bool", optional: true },
      { name: "mode", type: "u32", optional: true },
      { name: "set_owner", type: "bool", optional: true },
      { name: "uid", type: "u32", optional: true },
      { name: "gid", type: "u32", optional: true },
      { name: "set_mtime", type: "bool", optional: true },
      { name: "mtime_ns", type: "i64", optional: true },
    ],
    reply: [
      { name: "attr", type: "struct", of: "attr" },
    ],
  },
  // open a write session for the new content of a file (RULES 11)
  write_begin: {
    to: "master", role: "write", mutates: true,
    args: [
      { name: "path", type: "bytes", max: 4096 },
      { name: "size", type: "u64" },
      { name: "goal", type: "u32", optional: true },
      { name: "chunk_size", type: "u64", optional: true },
      { name: "durability", type: "enum", of: "durability", optional: true },
      { name: "count", type: "u32", optional: true },
      { name: "no_replace", type: "bool", optional: true },
    ],
    reply: [
      { name: "session", type: "id" },
      { name: "chunk_size", type: "u64" },
      { name: "goal", type: "u32" },
      { name: "expires_ms", type: "u64" },
      { name: "warning", type: "text", max: 511, optional: true },
      { name: "chunks", type: "list", of: "allocated", max: 64 },
    ],
  },
  // more chunks for a session
  allocate: {
    to: "master", role: "write", mutates: true,
    args: [
      { name: "session", type: "id" },
      { name: "count", type: "u32" },
      { name: "avoid", type: "list", of: "u32", max: 64, optional: true },
    ],
    reply: [
      { name: "chunks", type: "list", of: "allocated", max: 64 },
      { name: "warning", type: "text", max: 511, optional: true },
    ],
  },
  // keep a session alive
  renew: {
    to: "master", role: "write", mutates: false,
    args: [
      { name: "session", type: "id" },
    ],
    reply: [
      { name: "expires_ms", type: "u64" },
    ],
  },
  // a replica failed the writer: freeze the chunk, seal it at a length that holds what was acknowledged (RULES 1)
  seal: {
    to: "master", role: "write", mutates: false,
    args: [
      { name: "session", type: "id" },
      { name: "chunk", type: "id" },
      { name: "acked", type: "u64" },
    ],
    reply: [
      { name: "length", type: "u64" },
      { name: "version", type: "u64" },
      { name: "crc", type: "u32" },
    ],
  },
  // hand in extents of a long file ahead of the commit
  stage: {
    to: "master", role: "write", mutates: true,
    args: [
      { name: "session", type: "id" },
      { name: "extents", type: "list", of: "extent", max: 1000 },
    ],
    reply: [],
  },
  // make the new content visible, whole; ends the session
  commit: {
    to: "master", role: "write", mutates: true,
    args: [
      { name: "session", type: "id" },
      { name: "size", type: "u64" },
      { name: "extents", type: "list", of: "extent", max: 1000 },
      { name: "mode", type: "u32" },
      { name: "mtime_ns", type: "i64" },
      { name: "uid", type: "u32", optional: true },
      { name: "gid", type: "u32", optional: true },
    ],
    reply: [
      { name: "attr", type: "struct", of: "attr" },
    ],
  },
  // give a session up; its chunks are freed
  abandon: {
    to: "master", role: "write", mutates: true,
    args: [
      { name: "session", type: "id" },
    ],
    reply: [],
  },
  // extents of a file from an offset on, with replicas and tickets
  locate: {
    to: "master", role: "read", mutates: false,
    args: [
      { name: "path", type: "bytes", max: 4096, optional: true },
      { name: "inode", type: "id", optional: true },
      { name: "generation", type: "u64", optional: true },
      { name: "offset", type: "u64", optional: true },
      { name: "limit", type: "u32", optional: true, default: 64 },
    ],
    reply: [
      { name: "attr", type: "struct", of: "attr" },
      { name: "extents", type: "list", of: "located", max: 256 },
      { name: "more", type: "bool" },
    ],
  },
  // the datanodes
  nodes: {
    to: "master", role: "read", mutates: false,
    args: [],
    reply: [
      { name: "nodes", type: "list", of: "node_info", max: 4096 },
    ],
  },
  // the cluster in a page
  status: {
    to: "master", role: "read", mutates: false,
    args: [],
    reply: [
      { name: "cluster", type: "text", max: 32 },
      { name: "epoch", type: "u64" },
      { name: "uptime_ms", type: "u64" },
      { name: "safe_mode", type: "bool" },
      { name: "read_only", type: "text", max: 255, optional: true },
      { name: "files", type: "u64" },
      { name: "dirs", type: "u64" },
      { name: "bytes", type: "u64" },
      { name: "chunks", type: "u64" },
      { name: "open_chunks", type: "u64" },
      { name: "under_goal", type: "u64" },
      { name: "lost", type: "u64" },
      { name: "sessions", type: "u64" },
      { name: "nodes_up", type: "u32" },
      { name: "nodes_known", type: "u32" },
      { name: "total", type: "u64" },
      { name: "free", type: "u64" },
      { name: "used", type: "u64" },
      { name: "operations", type: "u64" },
      { name: "trash_entries", type: "u64", optional: true },
      { name: "trash_files", type: "u64", optional: true },
      { name: "trash_bytes", type: "u64", optional: true },
      { name: "orphans", type: "u64", optional: true },
      { name: "orphan_bytes", type: "u64", optional: true },
      { name: "orphan_age_ms", type: "u64", optional: true },
      { name: "orphans_foreign", type: "u64", optional: true },
      { name: "orphans_collected", type: "u64", optional: true },
      { name: "purge_paused", type: "text", max: 255, optional: true },
      { name: "policies", type: "list", of: "policy_info", max: 32 },
      { name: "bad", type: "u64", optional: true },
      { name: "scrub_oldest_ms", type: "u64", optional: true, default: 0 },
      { name: "hold", type: "text", max: 511, optional: true },
      { name: "leaving", type: "u64", optional: true },
      { name: "nodes_draining", type: "u32", optional: true },
      { name: "nodes_unplugged", type: "u32", optional: true },
      { name: "checkpoint", type: "u64", optional: true },
      { name: "checkpoint_age_ms", type: "u64", optional: true },
      { name: "checkpoint_error", type: "text", max: 511, optional: true },
      { name: "under_by_live", type: "list", of: "u64", max: 10, optional: true },
      { name: "repair_queued", type: "u64", optional: true },
      { name: "repair_delayed", type: "u64", optional: true },
      { name: "repair_left", type: "u64", optional: true },
      { name: "repair_rate", type: "u64", optional: true },
      { name: "repair_estimate_ms", type: "u64", optional: true },
      { name: "copies", type: "list", of: "copying", max: 256, optional: true },
      { name: "missed", type: "list", of: "missed", max: 16, optional: true },
      { name: "trimming", type: "u64", optional: true },
      { name: "trimmed", type: "u64", optional: true },
      { name: "kept", type: "u64", optional: true },
      { name: "kept_age_ms", type: "u64", optional: true },
      { name: "kept_bytes", type: "u64", optional: true },
      { name: "kept_error", type: "text", max: 511, optional: true },
    ],
  },
  // a datanode's first call on its channel
  register: {
    to: "master", role: "node", mutates: false,
    args: [
      { name: "protocol", type: "u32" },
      { name: "cluster", type: "text", max: 32 },
      { name: "uuid", type: "id" },
      { name: "incarnation", type: "id" },
      { name: "address", type: "text", max: 263 },
      { name: "rack", type: "text", max: 63, optional: true },
      { name: "disks", type: "list", of: "disk", max: 64 },
      { name: "epoch", type: "u64" },
      { name: "reign", type: "id" },
      { name: "operation", type: "u64" },
    ],
    reply: [
      { name: "node", type: "u32" },
      { name: "epoch", type: "u64" },
      { name: "reign", type: "id" },
      { name: "operation", type: "u64" },
      { name: "wall_ms", type: "i64" },
      { name: "heartbeat_ms", type: "u64" },
      { name: "restored", type: "u64", optional: true },
    ],
  },
  // replicas held: a full report in parts, then deltas in order (RULES 23)
  report: {
    to: "master", role: "node", mutates: false,
    args: [
      { name: "incarnation", type: "id" },
      { name: "sequence", type: "u64" },
      { name: "full", type: "bool" },
      { name: "last", type: "bool" },
      { name: "held", type: "list", of: "held", max: 4096 },
      { name: "gone", type: "list", of: "chunk_version", max: 4096, optional: true },
    ],
    reply: [],
  },
  // alive; from a thread that touches no disk (RULES 34)
  heartbeat: {
    to: "master", role: "node", mutates: false,
    args: [
      { name: "uuid", type: "id" },
      { name: "incarnation", type: "id" },
      { name: "stuck_ms", type: "u64" },
      { name: "disks", type: "list", of: "disk", max: 64 },
      { name: "used", type: "u64" },
      { name: "chunks", type: "u64" },
      { name: "read_bytes", type: "u64" },
      { name: "write_bytes", type: "u64" },
      { name: "errors", type: "u64" },
      { name: "copy_bytes", type: "u64", optional: true },
      { name: "scrub", type: "list", of: "scrub_info", max: 64, optional: true },
      { name: "disk_ms", type: "u64", optional: true },
    ],
    reply: [
      { name: "known", type: "bool" },
      { name: "epoch", type: "u64" },
      { name: "operation", type: "u64" },
      { name: "wall_ms", type: "i64" },
    ],
  },
  // open chunks that this node is primary of; the answer extends their leases
  progress: {
    to: "master", role: "node", mutates: false,
    args: [
      { name: "incarnation", type: "id" },
      { name: "writing", type: "list", of: "writing", max: 4096 },
    ],
    reply: [
      { name: "leases", type: "list", of: "leased", max: 4096 },
    ],
  },
  // raise the version, refuse appends below it for ever, tell what is there (RULES 1)
  freeze: {
    to: "datanode", role: "node", mutates: false,
    args: [
      { name: "chunk", type: "id" },
      { name: "version", type: "u64" },
      { name: "epoch", type: "u64" },
    ],
    reply: [
      { name: "found", type: "bool" },
      { name: "length", type: "u64" },
      { name: "crc", type: "u32" },
      { name: "committed", type: "u64" },
      { name: "state", type: "enum", of: "held_state" },
      { name: "version", type: "u64", optional: true },
    ],
  },
  // cut to a length and seal; refused where the bytes differ
  seal_at: {
    to: "datanode", role: "node", mutates: false,
    args: [
      { name: "chunk", type: "id" },
      { name: "version", type: "u64" },
      { name: "length", type: "u64" },
      { name: "crc", type: "u32" },
      { name: "epoch", type: "u64" },
    ],
    reply: [],
  },
  // delete replicas at or below a version, never open ones above it (RULES 13)
  delete: {
    to: "datanode", role: "node", mutates: false,
    args: [
      { name: "chunks", type: "list", of: "chunk_version", max: 4096 },
      { name: "epoch", type: "u64" },
    ],
    reply: [
      { name: "gone", type: "list", of: "chunk_version", max: 4096 },
    ],
  },
  // fetch a sealed chunk from another datanode
  copy: {
    to: "datanode", role: "node", mutates: false,
    args: [
      { name: "chunk", type: "id" },
      { name: "version", type: "u64" },
      { name: "length", type: "u64" },
      { name: "crc", type: "u32" },
      { name: "source", type: "text", max: 263 },
      { name: "ticket", type: "text", max: 400 },
      { name: "epoch", type: "u64" },
      { name: "pace", type: "u64", optional: true },
      { name: "pieces", type: "list", of: "copy_source", max: 9, optional: true },
    ],
    reply: [],
  },
  // after a restore: what the restored metadata does not know may be deleted (RULES 16)
  accept: {
    to: "master", role: "admin", mutates: true,
    args: [],
    reply: [],
  },
  // empty a datanode: what it holds is copied elsewhere, it takes nothing more; until it is cancelled
  drain: {
    to: "master", role: "admin", mutates: true,
    args: [
      { name: "node", type: "u32" },
      { name: "cancel", type: "bool", optional: true },
    ],
    reply: [
      { name: "drain", type: "struct", of: "drain_info" },
    ],
  },
  // the datanodes that are being emptied
  drains: {
    to: "master", role: "read", mutates: false,
    args: [],
    reply: [
      { name: "drains", type: "list", of: "drain_info", max: 1000 },
    ],
  },
  // make a checkpoint of the metadata as it is now (RULES 19); it can be read for some time
  checkpoint: {
    to: "master", role: "admin", mutates: false,
    args: [],
    reply: [
      { name: "name", type: "text", max: 63 },
      { name: "epoch", type: "u64" },
      { name: "operation", type: "u64" },
      { name: "wall_ms", type: "i64" },
      { name: "size", type: "u64" },
    ],
  },
  // bytes of a checkpoint's file
  checkpoint_read: {
    to: "master", role: "admin", mutates: false,
    args: [
      { name: "name", type: "text", max: 63 },
      { name: "offset", type: "u64" },
      { name: "limit", type: "u32" },
    ],
    reply: [
      { name: "pieces", type: "list", of: "piece", max: 33 },
    ],
  },
  // have datanodes check their replicas, or tell how fast they may
  scrub: {
    to: "master", role: "admin", mutates: false,
    args: [
      { name: "node", type: "u32", optional: true },
      { name: "now", type: "bool", optional: true },
      { name: "rate", type: "u64", optional: true },
    ],
    reply: [
      { name: "asked", type: "list", of: "scrub_asked", max: 4096 },
    ],
  },
  // wait a moment for passes that were asked for
  scrub_wait: {
    to: "master", role: "read", mutates: false,
    args: [
      { name: "asked", type: "list", of: "scrub_asked", max: 4096, optional: true },
      { name: "repaired", type: "bool", optional: true },
      { name: "wait_ms", type: "u32", optional: true },
    ],
    reply: [
      { name: "over", type: "bool" },
      { name: "nodes", type: "list", of: "node_info", max: 4096 },
    ],
  },
  // begin to check metadata against itself and against replicas
  fsck: {
    to: "master", role: "admin", mutates: false,
    args: [
      { name: "path", type: "bytes", max: 4096, optional: true },
      { name: "repair", type: "bool", optional: true },
    ],
    reply: [
      { name: "check", type: "u64" },
    ],
  },
  // what a check has found so far
  fsck_read: {
    to: "master", role: "admin", mutates: false,
    args: [
      { name: "check", type: "u64" },
      { name: "after", type: "u32", optional: true },
      { name: "wait_ms", type: "u32", optional: true },
    ],
    reply: [
      { name: "faults", type: "list", of: "fsck_fault", max: 200 },
      { name: "over", type: "bool" },
      { name: "stage", type: "text", max: 127 },
      { name: "chunks", type: "u64" },
      { name: "orphans", type: "u64" },
      { name: "wrong", type: "u64" },
      { name: "mended", type: "u64" },
      { name: "queued", type: "u64" },
      { name: "error", type: "text", max: 511, optional: true },
    ],
  },
  // as `scrub`, for one datanode
  scrub_begin: {
    to: "datanode", role: "node", mutates: false,
    args: [
      { name: "now", type: "bool" },
      { name: "rate", type: "u64" },
      { name: "epoch", type: "u64" },
    ],
    reply: [
      { name: "begun", type: "u64" },
    ],
  },
  // report all replicas anew; answered when that is done
  report_all: {
    to: "datanode", role: "node", mutates: false,
    args: [
      { name: "epoch", type: "u64" },
    ],
    reply: [],
  },
  // what is in the trash, the oldest first
  trash_list: {
    to: "master", role: "read", mutates: false,
    args: [
      { name: "after", type: "u64", optional: true },
      { name: "limit", type: "u32", optional: true, default: 1000 },
      { name: "path", type: "bytes", max: 4096, optional: true },
    ],
    reply: [
      { name: "entries", type: "list", of: "trashed", max: 1000 },
      { name: "more", type: "bool" },
      { name: "next", type: "u64" },
    ],
  },
  // bring a name back from the trash, with its inode, bytes, attributes and links
  undelete: {
    to: "master", role: "write", mutates: true,
    args: [
      { name: "path", type: "bytes", max: 4096 },
      { name: "to", type: "bytes", max: 4096, optional: true },
      { name: "entry", type: "u64", optional: true },
    ],
    reply: [
      { name: "attr", type: "struct", of: "attr" },
    ],
  },
  // free what is in the trash; a step of it: ask again while there is more
  trash_empty: {
    to: "master", role: "write", mutates: true,
    args: [
      { name: "after", type: "u64", optional: true },
      { name: "path", type: "bytes", max: 4096, optional: true },
      { name: "entry", type: "u64", optional: true },
      { name: "older_ms", type: "u64", optional: true },
    ],
    reply: [
      { name: "freed", type: "u64" },
      { name: "more", type: "bool" },
      { name: "next", type: "u64" },
    ],
  },
  // why it is so: of a path, a chunk, a datanode, or (none of them) of whatever is not well in the cluster
  why: {
    to: "master", role: "read", mutates: false,
    args: [
      { name: "path", type: "bytes", max: 4096, optional: true },
      { name: "chunk", type: "id", optional: true },
      { name: "node", type: "u32", optional: true },
      { name: "all", type: "bool", optional: true },
      { name: "offset", type: "u64", optional: true },
    ],
    reply: [
      { name: "reasons", type: "list", of: "reason", max: 1000 },
      { name: "more", type: "bool" },
      { name: "next", type: "u64", optional: true },
    ],
  },
  // what happened lately, as far as this master remembers
  history: {
    to: "master", role: "read", mutates: false,
    args: [
      { name: "chunk", type: "id", optional: true },
      { name: "node", type: "u32", optional: true },
      { name: "limit", type: "u32", optional: true, default: 100 },
    ],
    reply: [
      { name: "events", type: "list", of: "reason", max: 1000 },
    ],
  },
  // move replicas from full datanodes to empty ones, or stop that
  balance: {
    to: "master", role: "admin", mutates: true,
    args: [
      { name: "stop", type: "bool", optional: true },
      { name: "within", type: "u32", optional: true },
    ],
    reply: [
      { name: "balance", type: "struct", of: "balance_info" },
    ],
  },
  // how even the datanodes are
  balancing: {
    to: "master", role: "read", mutates: false,
    args: [],
    reply: [
      { name: "balance", type: "struct", of: "balance_info" },
    ],
  },
  // as checkpoint_read, for a datanode that was told to keep the file (RULES 20)
  keepsake_read: {
    to: "master", role: "node", mutates: false,
    args: [
      { name: "name", type: "text", max: 63 },
      { name: "offset", type: "u64" },
      { name: "limit", type: "u32" },
    ],
    reply: [
      { name: "pieces", type: "list", of: "piece", max: 33 },
    ],
  },
  // fetch bytes of a checkpoint's file from the master, and keep them as a sealed chunk (RULES 20)
  keep: {
    to: "datanode", role: "node", mutates: false,
    args: [
      { name: "chunk", type: "id" },
      { name: "version", type: "u64" },
      { name: "length", type: "u64" },
      { name: "crc", type: "u32" },
      { name: "name", type: "text", max: 63 },
      { name: "offset", type: "u64" },
      { name: "epoch", type: "u64" },
    ],
    reply: [],
  },
  // a datanode that is dead and that nothing needs is known no more; one that returns registers as a new one
  forget: {
    to: "master", role: "admin", mutates: true,
    args: [
      { name: "node", type: "u32" },
    ],
    reply: [
      { name: "drain", type: "struct", of: "drain_info" },
    ],
  },
};
