---@meta
-- What the C host gives commands: types for editors that speak LuaLS. Never loaded.
-- Functions that can fail return nil and an error.

---@class dfs.error
---@field code string        # "NOENT", "EXIST"...: the names of include/dfs/error.h
---@field message string     # one sentence; tostring(err) gives it too

---@class dfs.attr
---@field name string        # last name of its path, bytes as they are
---@field kind "file"|"dir"|"symlink"
---@field size integer       # bytes; of a directory the number of names in it
---@field mode integer       # permission bits
---@field uid integer
---@field gid integer
---@field mtime_ns integer   # nanoseconds since 1970
---@field inode string       # 16 hex digits
---@field generation integer
---@field links integer
---@field goal integer
---@field chunk_size integer
---@field target string?     # of a symlink

---@class dfs.transfer
---@field goal integer?       # put: replicas; the policy decides without it
---@field chunk_size integer? # put: bytes; likewise
---@field async boolean?      # put: stored means in the replicas' memory
---@field no_replace boolean? # put: EXIST where the file exists
---@field offset integer?     # get: first byte
---@field length integer?     # get: bytes; to the end without it
---@field progress fun(bytes: integer, total: integer?)?

---@class dfs.result
---@field bytes integer
---@field goal integer
---@field chunks integer
---@field retries integer
---@field warning string?     # what the user should know

---@class dfs.local_attr
---@field kind "file"|"dir"|"symlink"|"other"
---@field size integer
---@field mode integer
---@field mtime_ns integer
---@field target string?      # of a symlink

---@class dfs
---@field version string
---@field directories string[] # where commands are looked for
---@field roles string         # "verb\tsummary\n" of what is not a script
dfs = {}

-- Calls to the master ------------------------------------------------------------------------------------------

---Any call of docs/protocol.md. Fields are as in JSON: 64-bit numbers are strings, names go through encode_name.
---@param name string
---@param args table?
---@return table? reply
---@return dfs.error? err
function dfs.call(name, args) end

---Attributes of a name; symlinks are not followed.
---@param path string
---@return dfs.attr? attr
---@return dfs.error? err
function dfs.stat(path) end

---An iterator over a directory, in order of the names' bytes. A page that fails later is raised.
---@param path string
---@return (fun(): dfs.attr?)? entries
---@return dfs.error? err
function dfs.list(path) end

-- Transfers ----------------------------------------------------------------------------------------------------

---Store a local file, "-" is standard input. Mode and mtime are kept; it is visible when it is whole.
---@param file string
---@param path string
---@param transfer dfs.transfer?
---@return dfs.result? result
---@return dfs.error? err
function dfs.put_file(file, path, transfer) end

---Fetch into a local file, "-" is standard output.
---@param path string
---@param file string
---@param transfer dfs.transfer?
---@return dfs.result? result
---@return dfs.error? err
function dfs.get_file(path, file, transfer) end

---Like put_file, side by side with others; `done` is called from dfs.wait or a later dfs.queue_.
---@param file string
---@param path string
---@param transfer dfs.transfer?
---@param done fun(result: dfs.result?, err: dfs.error?, file: string, path: string)
---@return boolean? ok
---@return dfs.error? err
function dfs.queue_put(file, path, transfer, done) end

---Like get_file, side by side with others.
---@param path string
---@param file string
---@param transfer dfs.transfer?
---@param done fun(result: dfs.result?, err: dfs.error?, file: string, path: string)
---@return boolean? ok
---@return dfs.error? err
function dfs.queue_get(path, file, transfer, done) end

---Until all that is queued has ended.
---@return boolean? ok
---@return dfs.error? err
function dfs.wait() end

-- Names, numbers, JSON ------------------------------------------------------------------------------------------

---Canonical form of a path: "sets//a/" is "/sets/a".
---@param text string
---@return string? path
---@return dfs.error? err
function dfs.path(text) end

---A name or a path as it stands in JSON: '%' and what is not UTF-8 as %XX.
---@param name string
---@return string text
function dfs.encode_name(name) end

---@param text string
---@return string name
function dfs.decode_name(text) end

---For terminals: control bytes as \xNN.
---@param name string
---@return string text
function dfs.quote(name) end

---Bytes of "64M".
---@param text string
---@return integer? bytes
---@return dfs.error? err
function dfs.parse_size(text) end

---"64.0 MiB"
---@param bytes integer
---@return string text
function dfs.size_text(bytes) end

---JSON of a value. A table with elements 1..n is an array, any other an object; see dfs.array for empty ones.
---@param value any
---@return string text
function dfs.json(value) end

---@param text string
---@return any value
function dfs.decode_json(text) end

---Marks a table (or a fresh one) as an array, so that dfs.json writes [] when it is empty.
---@param list table?
---@return table list
function dfs.array(list) end

-- Time and terminals --------------------------------------------------------------------------------------------

---Seconds of a clock that never steps.
---@return number seconds
function dfs.clock() end

---Wall time, nanoseconds since 1970.
---@return integer ns
function dfs.now_ns() end

---@param seconds number      # 0 to 3600
function dfs.sleep(seconds) end

---@param fd integer
---@return boolean
function dfs.isatty(fd) end

-- The local file system -----------------------------------------------------------------------------------------

---@param path string
---@param follow boolean?     # what a symlink leads to
---@return dfs.local_attr? attr
---@return dfs.error? err
function dfs.local_stat(path, follow) end

---Names in a directory, sorted by their bytes.
---@param path string
---@return string[]? names
---@return dfs.error? err
function dfs.local_list(path) end

---@param path string
---@param mode integer?       # 0777, less the umask
---@return boolean? ok
---@return dfs.error? err
function dfs.local_mkdir(path, mode) end

---@param target string
---@param path string
---@return boolean? ok
---@return dfs.error? err
function dfs.local_symlink(target, path) end

---A file or a symlink, never a directory.
---@param path string
---@return boolean? ok
---@return dfs.error? err
function dfs.local_remove(path) end

---Either of mode and mtime_ns may be nil. Of a symlink only the time can be set.
---@param path string
---@param mode integer?
---@param mtime_ns integer?
---@return boolean? ok
---@return dfs.error? err
function dfs.local_chmod_mtime(path, mode, mtime_ns) end

---Number of a user that this machine knows.
---@param name string
---@return integer? uid
function dfs.local_user(name) end

---@param name string
---@return integer? gid
function dfs.local_group(name) end
