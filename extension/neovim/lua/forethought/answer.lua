--- Answers: ask, stream into a window, and jump to the sources.
local float = require("forethought.float")
local server = require("forethought.server")

local M = {}

local CANCELLED = -32800
local READY = "<CR> open source · r ask again · w wrong · q close"
local UNSURE = "1–%d ask that · " .. READY
local MAX_READINGS = 3
local namespace = vim.api.nvim_create_namespace("forethought.answer")

---@class forethought.Answer
---@field float forethought.Float
---@field client_id integer
---@field params table The chat parameters.
---@field token string The token under which the answer streams.
---@field origin integer The window in which the question was asked.
---@field text string The text received so far.
---@field request? integer The id of the running request.
---@field result? table The chat result.
---@field places table<integer, table> The source on each line of the window, counted from 1.

--- The answer that is displayed, or was displayed last.
---@type forethought.Answer?
local current

local tokens = 0

--- Ask, and stream the answer. Cancels the answer before this one.
---@param client vim.lsp.Client
---@param params table The chat parameters.
function M.ask(client, params)
  if current then
    M._cancel(current)
    float.delete(current.float)
  end
  tokens = tokens + 1
  local token = ("forethought-answer-%d-%d"):format(vim.fn.getpid(), tokens)
  local answer = {
    float = float.new(params.question, "q cancel"),
    client_id = client.id,
    params = params,
    token = token,
    origin = vim.api.nvim_get_current_win(),
    text = "",
    places = {},
  }
  current = answer
  float.set(answer.float, { "*thinking…*" })
  M._map(answer)
  float.open(answer.float)
  local sent, request = server.call(
    client,
    "request",
    "forethought/chat",
    vim.tbl_extend("force", params, { partialResultToken = token }),
    function(err, result)
      M._finish(answer, err, result)
    end,
    vim.api.nvim_win_get_buf(answer.origin)
  )
  if sent and not answer.result then
    answer.request = request
  elseif not sent then
    M._finish(answer, { message = "The server has stopped; `:Forethought restart` restarts it." })
  end
end

--- Show the last answer again.
---@return boolean shown
function M.reopen()
  if not current or not vim.api.nvim_buf_is_valid(current.float.buf) then
    return false
  end
  float.open(current.float)
  return true
end

--- Handle a progress message if it is a piece of our answer.
---@param params table
---@return boolean taken
function M.take(params)
  if type(params.token) ~= "string" or not vim.startswith(params.token, "forethought-answer-") then
    return false
  end
  local answer = current
  if answer and answer.token == params.token and answer.request and type(params.value) == "table" then
    answer.text = answer.text .. (params.value.delta or "")
    float.set(answer.float, vim.split(answer.text, "\n", { plain = true }))
  end
  return true
end

--- The server has stopped: its running request will not be answered.
---@param client_id integer
function M.abandon(client_id)
  if current and current.client_id == client_id and current.request then
    M._finish(current, { message = "The server stopped before it answered." })
  end
end

---@param answer forethought.Answer
function M._cancel(answer)
  local client = answer.request and vim.lsp.get_client_by_id(answer.client_id)
  if client then
    server.call(client, "cancel_request", answer.request)
  end
  answer.request = nil
end

---@param answer forethought.Answer
function M._map(answer)
  local function map(key, description, action)
    vim.keymap.set("n", key, action, { buffer = answer.float.buf, nowait = true, desc = description })
  end
  local function jump()
    M._jump(answer)
  end
  map("<CR>", "Open the source", jump)
  map("gf", "Open the source", jump)
  local function ask(changes)
    local client = vim.lsp.get_client_by_id(answer.client_id)
    if client then
      float.close(answer.float)
      M.ask(client, vim.tbl_extend("force", answer.params, changes))
    end
  end
  map("r", "Ask again", function()
    if answer.result then
      ask({ fresh = true })
    end
  end)
  for number = 1, MAX_READINGS do
    map(tostring(number), "Ask what the answer offers under this number", function()
      local reading = answer.result and (answer.result.readings or {})[number]
      if reading then
        ask({ question = reading.question })
      end
    end)
  end
  map("w", "Mark the answer as wrong", function()
    local client = vim.lsp.get_client_by_id(answer.client_id)
    if client and answer.result then
      server.call(client, "notify", "forethought/feedback", { id = answer.result.id, verdict = "wrong" })
      server.notify("marked as wrong; it will not be used again for this code.")
    end
  end)
  -- However the window is closed, the answer is no longer needed.
  vim.api.nvim_create_autocmd({ "BufWinLeave", "BufWipeout" }, {
    buffer = answer.float.buf,
    callback = function()
      if answer.request then
        M._cancel(answer)
        answer.text = answer.text .. "\n\n*canceled*"
        vim.schedule(function()
          float.set(answer.float, vim.split(answer.text, "\n", { plain = true }))
        end)
      end
    end,
  })
end

---@param answer forethought.Answer
---@param err table?
---@param result table?
function M._finish(answer, err, result)
  answer.request = nil
  if answer ~= current then
    return
  end
  if not result then
    local cancelled = err and err.code == CANCELLED
    local reason = err and err.message or "The server returned no answer."
    local line = cancelled and "*canceled*" or ("**Not answered:** " .. reason)
    local text = answer.text ~= "" and (answer.text .. "\n\n" .. line) or line
    answer.float.footer = "q close"
    float.set(answer.float, vim.split(text, "\n", { plain = true }))
    return
  end
  answer.result = result
  local readings = #(result.readings or {})
  answer.float.footer = readings > 0 and UNSURE:format(readings) or READY
  local lines = vim.split(vim.trim(result.answer), "\n", { plain = true })
  -- A line of the answer that names a source leads to it; the other sources get lines of their own below.
  local unnamed = {}
  for _, source in ipairs(result.sources) do
    local place, named = "[^%w_./-]" .. vim.pesc(M._label(answer, source)) .. "%D", false
    for number, line in ipairs(lines) do
      if (" " .. line .. " "):find(place) then
        answer.places[number] = answer.places[number] or source
        named = true
      end
    end
    if not named then
      table.insert(unnamed, source)
    end
  end
  local marks = {}
  local function add(line, highlight)
    table.insert(lines, line)
    marks[#lines] = highlight
  end
  add("")
  for _, source in ipairs(unnamed) do
    local label = M._label(answer, source)
    add(("→ %s  %s"):format(label, source.symbol or ""), "Directory")
    answer.places[#lines] = source
  end
  add(M._provenance(result), "Comment")
  float.set(answer.float, lines)
  for number, highlight in pairs(marks) do
    vim.api.nvim_buf_set_extmark(answer.float.buf, namespace, number - 1, 0, {
      end_row = number,
      hl_group = highlight,
      priority = 200,
      strict = false,
    })
  end
end

--- Tier, state, model, tokens and time, in one line.
---@param result table
---@return string
function M._provenance(result)
  local usage = result.usage or {}
  local parts = { result.tier, result.state }
  if type(result.model) == "string" then
    table.insert(parts, result.model)
  end
  if type(result.matchedQuestion) == "string" then
    table.insert(parts, ("answers “%s”"):format(result.matchedQuestion))
  end
  local total = (usage.promptTokens or 0) + (usage.completionTokens or 0)
  if total > 0 then
    table.insert(parts, ("%d tokens (%d reused)"):format(total, usage.cachedTokens or 0))
  end
  local milliseconds = usage.totalMs or 0
  local time = milliseconds < 1000 and ("%.0f ms"):format(milliseconds) or ("%.1f s"):format(milliseconds / 1000)
  table.insert(parts, time)
  return table.concat(parts, " · ")
end

--- A source for display: its path inside the root, and its line.
---@param answer forethought.Answer
---@param source table
---@return string
function M._label(answer, source)
  local path = source.uri
  if vim.startswith(path, "file:") then
    path = vim.uri_to_fname(path)
    local client = vim.lsp.get_client_by_id(answer.client_id)
    local root = client and client.config.root_dir
    if root and vim.startswith(path, root .. "/") then
      path = path:sub(#root + 2)
    end
  end
  return ("%s:%d"):format(path, source.range.start.line + 1)
end

--- Close the window and go to the source on the cursor's line.
---@param answer forethought.Answer
function M._jump(answer)
  local source = answer.places[vim.api.nvim_win_get_cursor(0)[1]]
  local client = vim.lsp.get_client_by_id(answer.client_id)
  if not source then
    server.notify("there is no source on this line.")
    return
  end
  float.close(answer.float)
  if vim.api.nvim_win_is_valid(answer.origin) then
    vim.api.nvim_set_current_win(answer.origin)
  end
  local location = { uri = source.uri, range = source.range }
  vim.lsp.util.show_document(location, client and client.offset_encoding or "utf-16", { focus = true })
end

return M
