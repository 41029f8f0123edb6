--- `:Forethought`
local answer = require("forethought.answer")
local float = require("forethought.float")
local server = require("forethought.server")
local status = require("forethought.status")

local M = {}

--- The progress tokens of the passes that this Neovim requested, by client id.
---@type table<integer, table<string, true>>
local passes = {}

local passes_begun = 0

--- Ask about the symbol under the cursor; without a question, Neovim asks for one.
---@param question? string
function M.ask(question)
  local client = M._client()
  if not client then
    return
  end
  if not question or vim.trim(question) == "" then
    local word = vim.fn.expand("<cword>")
    local default = word ~= "" and ("What does %s do?"):format(word) or ""
    vim.ui.input({ prompt = "Ask Forethought: ", default = default }, function(typed)
      if typed and vim.trim(typed) ~= "" then
        M.ask(typed)
      end
    end)
    return
  end
  local params = { question = question }
  if client.attached_buffers[vim.api.nvim_get_current_buf()] then
    params = vim.tbl_extend("force", vim.lsp.util.make_position_params(0, client.offset_encoding), params)
  end
  answer.ask(client, params)
end

--- `ask` takes the whole line after the subcommand; the others take words.
---@type table<string, { run: fun(words: string[], rest: string), arguments?: string[] }>
local subcommands = {
  ask = {
    run = function(_, rest)
      M.ask(rest)
    end,
  },
  answer = {
    run = function()
      if not answer.reopen() then
        server.notify("nothing has been asked yet; use `:Forethought ask`.")
      end
    end,
  },
  status = {
    run = function()
      M._request("forethought/status", vim.empty_dict(), function(document)
        local window = float.new("Forethought", "q close")
        vim.bo[window.buf].bufhidden = "wipe"
        float.set(window, status.lines(document))
        float.open(window)
      end)
    end,
  },
  digest = {
    run = function(words)
      M._request("forethought/digest", words[1] and { since = words[1] } or vim.empty_dict(), function(result)
        local window = float.new("What changed", "q close")
        vim.bo[window.buf].bufhidden = "wipe"
        float.set(window, vim.split(result.markdown, "\n", { trimempty = true }))
        float.open(window)
      end)
    end,
    arguments = { "HEAD", "HEAD~1", "@{upstream}" },
  },
  pause = {
    run = function(words)
      local minutes = tonumber(words[1])
      if words[1] and not (minutes and minutes > 0) then
        server.notify("`:Forethought pause` takes a number of minutes, or nothing.", vim.log.levels.ERROR)
        return
      end
      M._execute("forethought.pause", { minutes = minutes }, function(_, client)
        server.notify(minutes and ("paused for %g minutes."):format(minutes) or "paused until `:Forethought resume`.")
        M._refresh(client)
      end)
    end,
    arguments = { "60" },
  },
  resume = {
    run = function()
      M._execute("forethought.resume", nil, function(_, client)
        server.notify("thinking resumes when the machine is idle.")
        M._refresh(client)
      end)
    end,
  },
  precompute = {
    run = function(words)
      local what = words[1] or "file"
      if what ~= "file" and what ~= "workspace" then
        server.notify("`:Forethought precompute` takes `file` (the default) or `workspace`.", vim.log.levels.ERROR)
        return
      end
      M._precompute(what)
    end,
    arguments = { "file", "workspace" },
  },
  cancel = {
    run = function()
      local count = 0
      for client_id, tokens in pairs(passes) do
        local client = vim.lsp.get_client_by_id(client_id)
        for token in pairs(client and tokens or {}) do
          server.call(client, "notify", "window/workDoneProgress/cancel", { token = token })
          count = count + 1
        end
      end
      if count == 0 then
        server.notify("no `:Forethought precompute` is running; `:Forethought pause` stops background thinking.")
      end
    end,
  },
  restart = {
    run = function()
      server.restart()
    end,
  },
}

--- Run `:Forethought` with its arguments.
---@param words string[]
---@param line string The arguments as typed.
function M.run(words, line)
  local subcommand = subcommands[words[1]]
  if not subcommand then
    local known = table.concat(M.complete("", "Forethought "), ", ")
    server.notify(("unknown subcommand “%s”; use one of: %s."):format(words[1], known), vim.log.levels.ERROR)
    return
  end
  subcommand.run(vim.list_slice(words, 2), vim.trim(line:sub(#words[1] + 1)))
end

--- Complete a word of the command line.
---@param lead string The part of the word typed so far.
---@param line string The command line up to the cursor.
---@return string[]
function M.complete(lead, line)
  local before = vim.split(vim.trim(line:sub(1, #line - #lead)), "%s+")
  local candidates = {}
  if #before == 1 then
    candidates = vim.tbl_keys(subcommands)
    table.sort(candidates)
  elseif #before == 2 and subcommands[before[2]] then
    candidates = subcommands[before[2]].arguments or {}
  end
  return vim.tbl_filter(function(candidate)
    return vim.startswith(candidate, lead)
  end, candidates)
end

--- Return a client; if there is none, say why.
---@return vim.lsp.Client?
function M._client()
  local client = server.client()
  if client and client.initialized then
    return client
  end
  local program, reason = server.find(server.root(0))
  if client then
    reason = "the server is still starting; try again in a moment."
  elseif program then
    reason = "no server is running. Open a file in a supported language, or see `:checkhealth forethought`."
  else
    reason = reason .. "; see `:checkhealth forethought`."
  end
  server.notify(reason, vim.log.levels.WARN)
end

---@param method string
---@param params table
---@param done fun(result: any, client: vim.lsp.Client)
---@return boolean sent
function M._request(method, params, done)
  local client = M._client()
  if not client then
    return false
  end
  return server.call(client, "request", method, params, function(err, result)
    if err then
      server.notify(err.message, vim.log.levels.ERROR)
    else
      done(result, client)
    end
  end)
end

---@param command string
---@param argument table?
---@param done fun(result: any, client: vim.lsp.Client)
function M._execute(command, argument, done)
  local arguments = argument and next(argument) and { argument } or nil
  M._request("workspace/executeCommand", { command = command, arguments = arguments }, done)
end

--- Fetch the status now; the server's own notification follows a moment later.
---@param client vim.lsp.Client
function M._refresh(client)
  M._request("forethought/status", vim.empty_dict(), function(document)
    server.take_status(client.id, document)
  end)
end

---@param what "file"|"workspace"
function M._precompute(what)
  local client = M._client()
  if not client then
    return
  end
  passes_begun = passes_begun + 1
  local token = ("forethought-pass-%d-%d"):format(vim.fn.getpid(), passes_begun)
  passes[client.id] = passes[client.id] or {}
  passes[client.id][token] = true
  local of_file = what == "file"
  server.notify(of_file and "thinking about this file…" or "thinking about the workspace; `:Forethought cancel` stops.")
  server.call(client, "request", "workspace/executeCommand", {
    command = of_file and "forethought.precomputeFile" or "forethought.precomputeWorkspace",
    arguments = of_file and { { textDocument = { uri = vim.uri_from_bufnr(0) } } } or nil,
    workDoneToken = token,
  }, function(err, result)
    passes[client.id][token] = nil
    if err then
      server.notify(err.message, vim.log.levels.ERROR)
    elseif type(result) == "table" and result.symbols then
      local symbols = result.symbols
      local told = ("%d symbols thought about, %d reused"):format(symbols.computed, symbols.reused)
      local level
      if symbols.failed > 0 then
        told, level = ("%s, %d failed"):format(told, symbols.failed), vim.log.levels.WARN
      end
      server.notify(told .. ".", level)
    end
  end)
end

return M
