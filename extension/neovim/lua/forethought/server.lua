--- The server: finds and starts its program, and tracks its status.
local M = {}

local NAME = "forethought"

--- What a code lens runs.
local SHOW_REFERENCES = "forethought.showReferences"

--- The status document of each running client, by client id.
---@type table<integer, table>
M.status = {}

---@type forethought.Options
local options = {}

--- Messages that were shown already; they are not repeated in this session.
---@type table<string, true>
local said = {}

--- Whether a workspace's program may be run, by program: the user's answers.
---@type table<string, boolean>
local trusted = {}

--- Clients that are being restarted.
---@type table<integer, true>
local leaving = {}

-- generated: filetypes (make generate)
local FILETYPES = {
  "bash",
  "c",
  "cpp",
  "cs",
  "css",
  "elixir",
  "go",
  "haskell",
  "hcl",
  "html",
  "java",
  "javascript",
  "javascriptreact",
  "json",
  "jsonc",
  "julia",
  "kotlin",
  "lua",
  "markdown",
  "ocaml",
  "ocamlinterface",
  "php",
  "python",
  "ruby",
  "rust",
  "scala",
  "sh",
  "sql",
  "swift",
  "terraform",
  "toml",
  "typescript",
  "typescriptreact",
  "yaml",
  "zig",
}
-- end generated

--- The languages that were reported to each client as having another server, by client id.
---@type table<integer, string>
local reported = {}

---@param message string
---@param level? integer
function M.notify(message, level)
  vim.notify("Forethought: " .. message, level or vim.log.levels.INFO)
end

--- Attach the server to every supported file, including those that are already open.
---@param given forethought.Options
function M.enable(given)
  options = given
  if vim.lsp.config then
    vim.lsp.config(NAME, M.config())
    vim.lsp.enable(NAME)
    return
  end
  vim.api.nvim_create_autocmd("FileType", {
    group = vim.api.nvim_create_augroup("forethought.attach", {}),
    pattern = options.filetypes or FILETYPES,
    callback = function(event)
      M.start(event.buf)
    end,
  })
  M.start_everywhere()
end

--- A client configuration for `vim.lsp.start` and `vim.lsp.config`. `root_dir` is a function, as the latter expects.
---@return table
function M.config()
  local settings = options.settings and vim.deepcopy(options.settings) or vim.empty_dict()
  return {
    name = NAME,
    cmd = function(dispatchers, config)
      -- Neovim 0.10 passes no configuration; there, `start` fills in the root.
      return M.spawn(config and config.root_dir, dispatchers)
    end,
    filetypes = options.filetypes or FILETYPES,
    root_dir = function(bufnr, on_root)
      local root = M.root(bufnr)
      if M.is_servable(bufnr) and M.find_or_say(root) then
        on_root(root)
      end
    end,
    capabilities = M.capabilities(),
    commands = { [SHOW_REFERENCES] = M.show_references },
    init_options = settings,
    on_init = function(client)
      M.report_servers(client)
    end,
    settings = { forethought = settings },
    handlers = {
      ["forethought/didChangeStatus"] = function(_, document, context)
        M.take_status(context.client_id, document)
      end,
      ["$/progress"] = function(err, params, context, ...)
        if require("forethought.answer").take(params) then
          return
        end
        return vim.lsp.handlers["$/progress"](err, params, context, ...)
      end,
    },
    on_exit = M.ended,
  }
end

--- Attach a server to a buffer, if its file type is supported.
---@param bufnr integer
function M.start(bufnr)
  local config = vim.deepcopy(vim.lsp.config and vim.lsp.config[NAME] or M.config())
  if not vim.tbl_contains(config.filetypes, vim.bo[bufnr].filetype) then
    return
  end
  config.root_dir(bufnr, function(root)
    config.root_dir = root
    local cmd = config.cmd
    if type(cmd) == "function" then
      config.cmd = function(dispatchers)
        return cmd(dispatchers, config)
      end
    end
    vim.lsp.start(config, {
      bufnr = bufnr,
      -- A client that is stopping is still listed.
      reuse_client = function(client, wanted)
        return client.name == wanted.name
          and client.config.root_dir == wanted.root_dir
          and not M.call(client, "is_stopped")
      end,
    })
  end)
end

--- Attach a server to every loaded buffer with a supported file type.
function M.start_everywhere()
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(bufnr) then
      M.start(bufnr)
    end
  end
end

--- Stop every server, then start them again. Looks again for a program that was missing.
function M.restart()
  said, trusted = {}, {}
  local clients = vim.lsp.get_clients({ name = NAME })
  for _, client in ipairs(clients) do
    leaving[client.id] = true
    M.call(client, "stop")
  end
  if #clients == 0 then
    M.start_everywhere()
  end
end

--- The client of a buffer, or any other Forethought client.
---@param bufnr? integer
---@return vim.lsp.Client?
function M.client(bufnr)
  local here = vim.lsp.get_clients({ name = NAME, bufnr = bufnr or 0 })[1]
  return here or vim.lsp.get_clients({ name = NAME })[1]
end

--- Call a client's function by name: they became methods in Neovim 0.11.
---@param client vim.lsp.Client
---@param name string
function M.call(client, name, ...)
  if vim.fn.has("nvim-0.11") == 1 then
    return client[name](client, ...)
  end
  return client[name](...)
end

--- Neovim's capabilities, and that this plugin reports other servers and shows references.
---@return table
function M.capabilities()
  local capabilities = vim.lsp.protocol.make_client_capabilities()
  capabilities.experimental = { forethought = { languageServers = true, showReferences = SHOW_REFERENCES } }
  return capabilities
end

--- Go to the name that a code lens is about, and list its references.
---@param command { arguments: any[] } A URI and a position.
---@param context { client_id: integer }
function M.show_references(command, context)
  local uri, position = command.arguments[1], command.arguments[2]
  local client = vim.lsp.get_client_by_id(context.client_id)
  local location = { uri = uri, range = { start = position, ["end"] = position } }
  if client and vim.lsp.util.show_document(location, client.offset_encoding, { focus = true }) then
    vim.lsp.buf.references({ includeDeclaration = false })
  end
end

--- The languages of the buffers to which another client that goes to definitions is attached too, sorted.
---@param client vim.lsp.Client
---@param left? integer A client that is being detached.
---@return string[]
function M.languages_with_server(client, left)
  local languages = {}
  for _, other in ipairs(vim.lsp.get_clients()) do
    if other.name ~= NAME and other.id ~= left and M.call(other, "supports_method", "textDocument/definition") then
      for bufnr in pairs(other.attached_buffers) do
        if vim.api.nvim_buf_is_valid(bufnr) then
          languages[client.get_language_id(bufnr, vim.bo[bufnr].filetype)] = true
        end
      end
    end
  end
  local names = vim.tbl_keys(languages)
  table.sort(names)
  return names
end

--- Tell the server for which languages there is another server; it leaves navigation in these to it.
---@param client vim.lsp.Client
---@param left? integer A client that is being detached.
function M.report_servers(client, left)
  local languages = M.languages_with_server(client, left)
  local text = table.concat(languages, " ")
  if reported[client.id] ~= text then
    reported[client.id] = text
    M.call(client, "notify", "forethought/didChangeLanguageServers", { languages = languages })
  end
end

--- Report to every server, because another client was attached or detached.
---@param left? integer
function M.report_servers_everywhere(left)
  for _, client in ipairs(vim.lsp.get_clients({ name = NAME })) do
    if client.initialized then
      M.report_servers(client, left)
    end
  end
end

--- Tell the server that the user is looking at a buffer.
---@param bufnr integer
function M.focus(bufnr)
  for _, client in ipairs(vim.lsp.get_clients({ name = NAME, bufnr = bufnr })) do
    M.call(client, "notify", "forethought/didFocus", { textDocument = { uri = vim.uri_from_bufnr(bufnr) } })
  end
end

--- Store a client's status, and update status lines.
---@param client_id integer
---@param document table?
function M.take_status(client_id, document)
  M.status[client_id] = document
  vim.api.nvim_exec_autocmds("User", {
    pattern = "ForethoughtStatus",
    modeline = false,
    data = { client_id = client_id, status = document },
  })
  vim.cmd.redrawstatus({ bang = true })
end

--- A server has stopped: nothing may look as if it were still running.
---@param code integer
---@param signal integer
---@param client_id integer
function M.ended(code, signal, client_id)
  vim.schedule(function()
    if vim.v.exiting ~= vim.NIL then
      return
    end
    require("forethought.answer").abandon(client_id)
    reported[client_id] = nil
    M.take_status(client_id, nil)
    if leaving[client_id] then
      leaving[client_id] = nil
      if next(leaving) == nil then
        M.start_everywhere()
      end
    elseif code ~= 0 or (signal ~= 0 and signal ~= 15) then
      local how = signal ~= 0 and ("signal " .. signal) or ("exit status " .. code)
      M.notify(
        ("the server stopped (%s). `:Forethought restart` restarts it; its last messages are in %s."):format(
          how,
          vim.lsp.log.get_filename()
        ),
        vim.log.levels.ERROR
      )
    end
  end)
end

--- The folder to serve for a buffer: the repository around the file; nil lets the server choose.
---@param bufnr integer
---@return string?
function M.root(bufnr)
  return vim.fs.root(bufnr, ".git")
end

--- Whether a buffer is a file on disk: not a terminal, one side of a diff, or a URI with a scheme.
---@param bufnr integer
---@return boolean
function M.is_servable(bufnr)
  local name = vim.api.nvim_buf_get_name(bufnr)
  return vim.bo[bufnr].buftype == "" and name ~= "" and not name:match("^%a[%w+.-]+://")
end

---@class forethought.Program
---@field cmd string[] The whole command line.
---@field origin "cmd"|"workspace"|"PATH"

--- Find the server: the option `cmd`, else the workspace's environment if it is enabled and trusted, else PATH.
--- A `cmd` that does not work is an error; it is never skipped.
---@param root string?
---@return forethought.Program? program
---@return string? reason Why none was found.
function M.find(root)
  local own = vim.lsp.config and vim.lsp.config[NAME] and vim.lsp.config[NAME].cmd
  local configured = type(own) == "table" and own or options.cmd
  if configured then
    local cmd = type(configured) == "table" and vim.deepcopy(configured) or { configured, "serve" }
    cmd[1] = vim.fn.expand(cmd[1])
    if vim.fn.executable(cmd[1]) == 1 then
      return { cmd = cmd, origin = "cmd" }
    end
    return nil, ("`cmd` is “%s”, which is not executable"):format(cmd[1])
  end
  local inside = M.workspace_program(root)
  if inside and options.use_workspace_environment and M.is_trusted(inside) then
    return { cmd = { inside, "serve" }, origin = "workspace" }
  end
  local program = M.program_on_path()
  if program then
    return { cmd = { program, "serve" }, origin = "PATH" }
  end
  return nil, "the program `forethought` is not on PATH"
end

--- The program in the workspace's own environment, trusted or not.
---@param root string?
---@return string?
function M.workspace_program(root)
  local windows = vim.fn.has("win32") == 1
  for _, environment in ipairs(root and { ".venv", "venv" } or {}) do
    local program = vim.fs.joinpath(root, environment, windows and "Scripts/forethought.exe" or "bin/forethought")
    if vim.fn.executable(program) == 1 then
      return program
    end
  end
end

--- Find the server; if there is none, say why and what to do, once.
---@param root string?
---@return forethought.Program?
function M.find_or_say(root)
  local program, reason = M.find(root)
  if not program and not said[reason] then
    said[reason] = true
    M.notify(
      reason
        .. ". Install it from a checkout with `pipx install ./forethought`, or set `cmd` in"
        .. ' `require("forethought").setup({ cmd = … })`. For details, see `:checkhealth forethought`.',
      vim.log.levels.WARN
    )
  end
  return program
end

--- Start the server's process.
---@param root string?
---@param dispatchers table
function M.spawn(root, dispatchers)
  local program, reason = M.find(root)
  if not program then
    error("Forethought: " .. reason, 0)
  end
  return vim.lsp.rpc.start(program.cmd, dispatchers, { cwd = root })
end

--- The first `forethought` on PATH. Relative entries are skipped: they would resolve to the current, untrusted folder.
---@return string?
function M.program_on_path()
  local windows = vim.fn.has("win32") == 1
  for _, folder in ipairs(vim.split(vim.env.PATH or "", windows and ";" or ":", { plain = true, trimempty = true })) do
    local program = vim.fs.joinpath(folder, windows and "forethought.exe" or "forethought")
    if folder:match(windows and "^%a:[/\\]" or "^/") and vim.fn.executable(program) == 1 then
      return program
    end
  end
end

--- Whether the user trusts a program inside a workspace. Neovim asks once per content; `:trust` changes the answer.
---@param program string
---@return boolean
function M.is_trusted(program)
  if trusted[program] == nil then
    local read, content = pcall(vim.secure.read, program)
    trusted[program] = read and content ~= nil
  end
  return trusted[program]
end

return M
