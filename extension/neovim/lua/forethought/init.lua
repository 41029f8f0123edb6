--- Forethought in Neovim: the public functions. `:help forethought`
local M = {}

---@class forethought.Options
---@field cmd? string|string[] The server's program, or its whole command line; default: `forethought` on PATH.
---@field settings? table The server's settings, without their prefix: `{ hover = { content = "full" } }`.
---@field filetypes? string[] File types to attach the server to; default: every supported language.
---@field use_workspace_environment? boolean Look in the workspace's `.venv` first; each program has to be trusted.

local OPTIONS = {
  cmd = { "string", "table" },
  settings = { "table" },
  filetypes = { "table" },
  use_workspace_environment = { "boolean" },
}

--- Start the server for every supported file, including those that are already open.
---@param options? forethought.Options
function M.setup(options)
  if vim.fn.has("nvim-0.10") == 0 then
    vim.notify("Forethought needs Neovim 0.10 or newer; please update Neovim.", vim.log.levels.ERROR)
    return
  end
  options = options or {}
  for name, value in pairs(options) do
    local kinds = OPTIONS[name]
    if not kinds then
      error(("forethought.setup: unknown option `%s`; see `:help forethought-setup`"):format(name), 2)
    elseif not vim.tbl_contains(kinds, type(value)) then
      local wanted = table.concat(kinds, " or ")
      error(("forethought.setup: `%s` is a %s; it must be a %s"):format(name, type(value), wanted), 2)
    end
  end
  require("forethought.server").enable(options)
end

--- The server's state in a word or two, for a status line: "idle", "thinking 12"; empty if no server is running.
---@return string
function M.status()
  local document = M.status_document()
  return document and require("forethought.status").short(document) or ""
end

--- The last status document from the server of a buffer, or nil.
---@param bufnr? integer Default: the current buffer. If it has no server, any other server is used.
---@return table?
function M.status_document(bufnr)
  local server = require("forethought.server")
  local client = server.client(bufnr)
  return client and server.status[client.id]
end

--- Ask about the symbol under the cursor. Without a question, Neovim asks for one.
---@param question? string
function M.ask(question)
  require("forethought.command").ask(question)
end

return M
