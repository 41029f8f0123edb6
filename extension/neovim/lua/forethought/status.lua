--- Renders status documents as text. Pure.
local M = {}

--- A word or two for a status line.
---@param document table
---@return string
function M.short(document)
  local queue = tonumber(document.queue) or 0
  if document.state == "thinking" and queue > 0 then
    return ("thinking %d"):format(queue)
  end
  return document.state or ""
end

--- The whole document as lines of Markdown.
---@param document table
---@return string[]
function M.lines(document)
  local lines = { ("**%s**"):format(document.state) }
  local function add(format, ...)
    table.insert(lines, format:format(...))
  end
  local function text(value)
    return type(value) == "string" and value ~= "" and value or nil
  end
  local message, paused = text(document.message), text(document.pausedReason)
  if message then
    add("%s", message)
  end
  if paused and not (message and message:find(paused, 1, true)) then
    add("%s", paused)
  end
  add("")
  if type(document.current) == "table" then
    add("- Now: %s", M._place(document.current))
  end
  for _, root in ipairs(document.roots or {}) do
    local contexts = root.contexts
    local total = contexts.fresh + contexts.stale + contexts.missing + contexts.empty + contexts.failed
    add("- %s: %d of %d files indexed", M._name(root.uri), root.files.indexed, root.files.total)
    if total > 0 then
      add("  - %d of %d symbols in scope thought about, %d stale", contexts.fresh, total, contexts.stale)
      add("  - %d missing, %d empty, %d failed", contexts.missing, contexts.empty, contexts.failed)
    end
  end
  local minutes = tonumber(document.estimateMinutes)
  if document.queue and document.queue > 0 then
    add("- Queue: %d%s", document.queue, minutes and (", about %d min"):format(math.max(1, math.ceil(minutes))) or "")
  end
  for index = 1, math.min(3, #(document.next or {})) do
    add("- Next: %s (%s)", M._place(document.next[index]), document.next[index].reason)
  end
  add("- %s", M.engine(document.engine))
  local cache = document.cache
  if type(cache) == "table" then
    add("- Store: %d entries, %.1f MB", cache.entries, cache.bytes / 1e6)
  end
  return lines
end

--- The engine in one phrase.
---@param engine table?
---@return string
function M.engine(engine)
  if type(engine) ~= "table" or engine.kind == "none" then
    return "No model is in use: answers are facts and imported insights"
  end
  local parts = { type(engine.model) == "string" and engine.model or engine.kind }
  if engine.remote then
    table.insert(parts, "remote")
  elseif type(engine.device) == "string" then
    table.insert(parts, engine.device)
  end
  table.insert(parts, engine.loaded and "loaded" or "not loaded")
  return "Model: " .. table.concat(parts, ", ")
end

---@param uri string
---@return string
function M._name(uri)
  return vim.startswith(uri, "file:") and vim.fn.fnamemodify(vim.uri_to_fname(uri), ":~:.") or uri
end

---@param place table
---@return string
function M._place(place)
  local name = M._name(place.uri)
  return place.symbol ~= "" and ("`%s` in %s"):format(place.symbol, name) or name
end

return M
