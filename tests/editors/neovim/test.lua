-- The tests, run inside Neovim: `luafile` by run.sh, which says by GROUP which of them.
-- Every line of the report is `ok NAME` or `not ok NAME: reason`; Neovim leaves with status 1 when one failed.
local sample = vim.env.SAMPLE
local report = assert(io.open(vim.env.REPORT, "a"))
local failed = 0

local TIMEOUT = tonumber(vim.env.TIMEOUT) or 20000

local function fail(format, ...)
  error(format:format(...), 0)
end

--- Wait for a condition's value; `what` says what was waited for when it never came.
local function wait(what, condition)
  local value
  local came = vim.wait(TIMEOUT, function()
    value = condition()
    return value
  end, 20)
  if not came then
    fail("waited in vain for %s", what)
  end
  return value
end

local function close_floats()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_is_valid(window) and vim.api.nvim_win_get_config(window).relative ~= "" then
      vim.api.nvim_win_close(window, true)
    end
  end
end

local function test(name, run)
  _G.told = {}
  local passed, reason = xpcall(run, function(err)
    return type(err) == "string" and err or vim.inspect(err)
  end)
  if not passed then
    failed = failed + 1
  end
  report:write(passed and ("ok %s\n"):format(name) or ("not ok %s: %s\n"):format(name, (reason:gsub("%s+", " "))))
  report:flush()
  close_floats()
end

--- Open one of the sample's files.
local function open(file)
  vim.cmd.edit(vim.fn.fnameescape(sample .. "/" .. file))
  return vim.api.nvim_get_current_buf()
end

--- The client of the current buffer, once it is ready.
local function client()
  return wait("a server at this buffer", function()
    local found = vim.lsp.get_clients({ name = "forethought", bufnr = 0 })[1]
    return found and found.initialized and found
  end)
end

--- The result of a request to Forethought's server alone; nil if there is none.
local function ask(method, params)
  local answer = require("forethought.server").call(client(), "request_sync", method, params, TIMEOUT, 0)
  local result = answer and answer.result
  return result ~= vim.NIL and result or nil
end

--- Put the cursor on the first place of a text.
local function go_to(text)
  vim.api.nvim_win_set_cursor(0, { 1, 0 })
  if vim.fn.search([[\V]] .. text, "cW") == 0 then
    fail("%s does not stand in %s", text, vim.api.nvim_buf_get_name(0))
  end
end

--- Press keys as a person does.
local function press(keys)
  vim.api.nvim_feedkeys(vim.keycode(keys), "mtx", false)
end

--- The text of the floating window, if there is one that has the pattern.
local function float_with(pattern)
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= "" then
      local lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false)
      local text = table.concat(lines, "\n")
      if text:find(pattern) then
        return text, window, lines
      end
    end
  end
end

local function wait_for_float(what, pattern)
  wait(what, function()
    return (float_with(pattern))
  end)
  return float_with(pattern)
end

local function wait_for_message(pattern)
  return wait("a message like “" .. pattern .. "”", function()
    for _, message in ipairs(_G.told) do
      if message:find(pattern) then
        return message
      end
    end
  end)
end

local function expect(text, pattern)
  if not text:find(pattern) then
    fail("“%s” is missing in: %s", pattern, text)
  end
end

--- The methods that the scripted server has received.
local function received(method)
  local count = 0
  for line in io.lines(vim.env.SCRIPTED_LOG) do
    count = count + (line == method and 1 or 0)
  end
  return count
end

--- The server's process: the only child of this Neovim that runs its program.
local function server_process()
  local children = vim.fn.systemlist({ "pgrep", "-P", tostring(vim.fn.getpid()), "-f", "forethought" })
  return tonumber(children[1])
end

local groups = {}

-- Also run against a server that knows nothing, where it has to fail.
function groups.hover()
  test("K on a name shows what Forethought knows", function()
    open("reception.py")
    client()
    go_to("greet(name)")
    wait("the hover's window", function()
      close_floats()
      press("K") -- again, as a person does: the first hover says what is known at once, a later one who calls it
      return vim.wait(1000, function()
        return float_with("welcome") ~= nil -- only an index knows
      end, 20)
    end)
    local text = assert(float_with("welcome"))
    expect(text, "test_italian_greeting")
  end)
end

function groups.real()
  groups.hover()

  test("a question is answered with its sources, and <CR> goes to one", function()
    open("greeting.py")
    client()
    go_to("greet(name")
    vim.cmd("Forethought ask who calls greet?")
    local text, window, lines = wait_for_float("the answer", "facts · live")
    expect(text, "`welcome`")
    expect(text, "%d+ ms")
    local number
    for index, line in ipairs(lines) do
      number = line:find("reception.py:8", 1, true) and index or number
    end
    vim.api.nvim_set_current_win(window)
    vim.api.nvim_win_set_cursor(window, { assert(number, "no source in: " .. text), 0 })
    press("<CR>")
    expect(vim.api.nvim_buf_get_name(0), "reception%.py$")
    assert(vim.deep_equal(vim.api.nvim_win_get_cursor(0), { 8, 12 }), vim.inspect(vim.api.nvim_win_get_cursor(0)))
    assert(not vim.api.nvim_win_is_valid(window), "the window is still there")
    vim.cmd("Forethought answer")
    expect(assert(float_with("facts · live")), "`welcome`")
    press("q")
    assert(not float_with("facts"), "q does not close")
  end)

  test("gf goes to a source that the answer does not name", function()
    open("reception.py")
    client()
    vim.cmd("Forethought ask who calls greet?")
    local _, window = wait_for_float("the answer", "facts · live")
    vim.api.nvim_set_current_win(window)
    assert(vim.fn.search([[^→ greeting.py:10 ]], "cw") > 0, "the definition is no source")
    press("gf")
    expect(vim.api.nvim_buf_get_name(0), "/greeting%.py$")
  end)

  test("a number asks what an unsure answer offers under it", function()
    open("greeting.py")
    client()
    go_to("greet(name")
    local server = require("forethought.server")
    local call = server.call
    server.call = function(_, _, _, _, done)
      server.call = call
      vim.schedule(function()
        done(nil, {
          id = "unsure",
          answer = "It is not certain what is asked. Do you mean:\n1. Who calls `greet`?",
          readings = { { text = "callers of `greet`", question = "Who calls `greet`?" } },
          tier = "none",
          state = "live",
          sources = {},
        })
      end)
      return true, 1
    end
    vim.cmd("Forethought ask greet?")
    local _, window = wait_for_float("the offer", "not certain")
    vim.api.nvim_set_current_win(window)
    press("2")
    assert(float_with("not certain"), "a number that is not offered does something")
    press("1")
    expect(wait_for_float("the answer", "facts · live"), "`welcome`")
  end)

  test("without a question, Neovim asks for one about the symbol under the cursor", function()
    open("greeting.py")
    client()
    go_to("greet(name")
    local input, suggested = vim.ui.input, nil
    vim.ui.input = function(options, done)
      suggested = options.default
      done("what does this raise?")
    end
    vim.cmd("Forethought ask")
    vim.ui.input = input
    expect(suggested, "greet")
    expect(wait_for_float("the answer", "facts · live"), "UnknownLanguage")
  end)

  test("definitions come from Forethought until another server knows them, and again after that", function()
    local bufnr = open("reception.py")
    local ours = client()
    go_to("greet(name)")
    local function definitions()
      return ask("textDocument/definition", vim.lsp.util.make_position_params(0, ours.offset_encoding))
    end
    local found = wait("a definition", definitions)
    expect((found[1] or found).targetUri or (found[1] or found).uri, "/greeting%.py$")
    local other = assert(vim.lsp.start({
      name = "other",
      cmd = function()
        local closing = false
        return {
          request = function(method, _, done)
            done(nil, method == "initialize" and { capabilities = { definitionProvider = true } } or nil)
            return true, 1
          end,
          notify = function()
            return true
          end,
          is_closing = function()
            return closing
          end,
          terminate = function()
            closing = true
          end,
        }
      end,
    }, { bufnr = bufnr }))
    wait("no definition beside another server", function()
      return not definitions()
    end)
    vim.lsp.buf_detach_client(bufnr, other)
    wait("a definition again", definitions)
  end)

  test("a code lens says how often a function is used, and shows where", function()
    open("greeting.py")
    client()
    go_to("greet(name")
    local function run()
      local params = { textDocument = { uri = vim.uri_from_bufnr(0) } }
      for _, lens in ipairs(ask("textDocument/codeLens", params) or {}) do
        local resolved = assert(ask("codeLens/resolve", lens))
        if resolved.command.title:find("^2 uses · 1 test · changed today") then
          return resolved.command
        end
      end
    end
    local command = wait("the lens", run)
    require("forethought.server").show_references(command, { client_id = client().id })
    wait("the list of references", function()
      return #vim.fn.getqflist() == 4 -- with the imports
    end)
    vim.cmd.cclose()
  end)

  test("the status comes to rest", function()
    open("greeting.py")
    client()
    wait("an idle server", function()
      return require("forethought").status() == "idle"
    end)
  end)

  test(":Forethought status says what is indexed and which model is in use", function()
    open("greeting.py")
    client()
    vim.cmd("Forethought status")
    local text = wait_for_float("the status window", "files indexed")
    expect(text, "3 of 3 files indexed")
    expect(text, "No model is in use")
  end)

  test(":Forethought digest lists what changed, and refuses an unknown revision in a sentence", function()
    open("greeting.py")
    client()
    vim.cmd("Forethought digest HEAD")
    expect(wait_for_float("the digest", "What changed in"), "Since HEAD")
    vim.cmd("Forethought digest nowhere")
    wait_for_message("is not a commit")
  end)

  test("a pass without an engine ends in a message that says why", function()
    open("greeting.py")
    client()
    vim.cmd("Forethought precompute")
    wait_for_message("engine")
  end)

  test("a pause that is no number, and an unknown subcommand, are refused in a sentence", function()
    vim.cmd("Forethought pause often")
    wait_for_message("takes a number of minutes")
    vim.cmd("Forethought frobnicate")
    wait_for_message("unknown subcommand .*frobnicate.*precompute")
  end)

  test("the command line is completed", function()
    assert(vim.deep_equal(vim.fn.getcompletion("Forethought pr", "cmdline"), { "precompute" }))
    assert(vim.deep_equal(vim.fn.getcompletion("Forethought precompute w", "cmdline"), { "workspace" }))
    assert(#vim.fn.getcompletion("Forethought ", "cmdline") >= 5)
  end)

  test("the help has tags", function()
    for _, subject in ipairs({ "forethought", ":Forethought", "forethought-setup", "ForethoughtStatus" }) do
      vim.cmd.help(subject)
      expect(vim.api.nvim_buf_get_name(0), "doc/forethought%.txt$")
      vim.cmd.helpclose()
    end
  end)

  test(":checkhealth finds the server, its version, its engine and its state", function()
    open("greeting.py")
    client()
    vim.cmd("checkhealth forethought")
    local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
    vim.cmd.bdelete({ bang = true })
    expect(text, "found by: cmd")
    expect(text, "forethought %d+%.%d+%.%d+")
    expect(text, "languages: python") -- doctor ran
    expect(text, "State: idle")
    expect(text, "No model is in use")
    assert(not text:find("ERROR"), text)
  end)

  test("buffers that are no files get no server", function()
    for _, name in ipairs({ "fugitive:///repository//0/greeting.py", "" }) do
      local buffer = vim.api.nvim_create_buf(true, false)
      vim.api.nvim_buf_set_name(buffer, name)
      vim.bo[buffer].filetype = "python"
      assert(#vim.lsp.get_clients({ bufnr = buffer }) == 0, name)
      vim.api.nvim_buf_delete(buffer, { force = true })
    end
  end)

  test("a server that was killed is missed aloud, and restart brings it back", function()
    open("greeting.py")
    local before = client()
    vim.uv.kill(assert(server_process(), "no server process"), "sigkill")
    wait_for_message("the server stopped.*:Forethought restart")
    assert(require("forethought").status() == "", "a dead server has a status")
    vim.cmd("Forethought ask who calls greet?")
    wait_for_message("no server is running")
    vim.cmd("Forethought restart")
    assert(client().id ~= before.id)
    vim.cmd("Forethought ask who calls greet?")
    wait_for_float("an answer after the restart", "`welcome`")
  end)

  test("restart replaces a server that runs", function()
    open("greeting.py")
    local before = client().id
    vim.cmd("Forethought restart")
    wait("a new client", function()
      local now = vim.lsp.get_clients({ name = "forethought", bufnr = 0 })[1]
      return now and now.initialized and now.id ~= before
    end)
    assert(#_G.told == 0, vim.inspect(_G.told))
  end)

  test("lsp/forethought.lua is a whole configuration", function()
    if vim.lsp.config then
      assert(vim.lsp.is_enabled == nil or vim.lsp.is_enabled("forethought"), "not enabled")
    end
    local config = dofile(vim.env.PLUGIN .. "/lsp/forethought.lua")
    assert(type(config.cmd) == "function" and vim.tbl_contains(config.filetypes, "python"))
  end)
end

-- With an engine that is configured, by `settings`, and never does anything.
function groups.engine()
  test("pause and resume change the status, and status lines are told", function()
    open("greeting.py")
    client()
    wait("a server that has something to think about", function()
      local document = require("forethought").status_document()
      return document and document.queue > 0
    end)
    local seen = {}
    vim.api.nvim_create_autocmd("User", {
      pattern = "ForethoughtStatus",
      callback = function(event)
        seen[event.data.status.state] = true
      end,
    })
    vim.cmd("Forethought pause 60")
    expect(wait_for_message("paused"), "60 minutes")
    wait("the paused state", function()
      return require("forethought").status() == "paused" and seen.paused
    end)
    vim.cmd("Forethought resume")
    wait("another state after resume", function()
      local state = require("forethought").status()
      return state ~= "paused" and state ~= ""
    end)
  end)
end

-- Against a server that streams three words and never ends by itself.
function groups.scripted()
  test("an answer streams in, and closing the window cancels the request", function()
    open("greeting.py")
    client()
    vim.cmd("Forethought ask why?")
    wait_for_float("the streamed words", "Three words only")
    assert(received("$/cancelRequest") == 0, "cancelled too early")
    press("q")
    wait("the cancellation", function()
      return received("$/cancelRequest") == 1
    end)
  end)

  test("a new question gives up the one before", function()
    open("greeting.py")
    client()
    vim.cmd("Forethought ask why?")
    wait_for_float("the streamed words", "Three words only")
    vim.cmd("Forethought ask and how?")
    wait("the cancellation", function()
      return received("$/cancelRequest") == 2
    end)
  end)

  test("entering a buffer is told to the server", function()
    open("greeting.py")
    client()
    local before = received("forethought/didFocus")
    open("reception.py")
    client()
    wait("didFocus", function()
      return received("forethought/didFocus") > before
    end)
  end)

  test("the server's progress still reaches Neovim", function()
    open("greeting.py")
    local tokens = client().progress
    assert(tokens and next(tokens.pending) == "pass", vim.inspect(tokens))
  end)

  test("a server that dies while it answers leaves no question hanging", function()
    open("greeting.py")
    client()
    vim.cmd("Forethought ask why?")
    wait_for_float("the streamed words", "Three words only")
    local children = vim.fn.systemlist({ "pgrep", "-P", tostring(vim.fn.getpid()), "-f", "scripted_server" })
    vim.uv.kill(assert(tonumber(children[1])), "sigkill")
    wait_for_float("the reason", "Not answered.*stopped before")
  end)
end

-- With a `cmd` that does not exist, or nothing on PATH.
function groups.missing()
  test("a missing server is said once, with what to do", function()
    open("greeting.py")
    local message = wait_for_message("Install it from a checkout")
    expect(message, "checkhealth")
    open("reception.py")
    open("greeting.py")
    assert(#_G.told == 1, vim.inspect(_G.told))
    assert(#vim.lsp.get_clients() == 0)
    vim.cmd("Forethought ask why?")
    assert(#_G.told == 2, vim.inspect(_G.told))
    vim.cmd("checkhealth forethought")
    local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
    expect(text, "ERROR")
    expect(text, "pipx install %./forethought")
  end)
end

-- With a planted program in the workspace's environment, `use_workspace_environment`, and nothing on PATH.
function groups.workspace()
  local program = vim.uv.fs_realpath(sample) .. "/.venv/bin/forethought"
  local canary = sample .. "/../canary"
  test("a program out of the workspace is not run before it is trusted", function()
    open("greeting.py")
    wait_for_message("not on PATH")
    assert(not vim.uv.fs_stat(canary), "it was run")
  end)
  test("a program out of the workspace that is trusted is run", function()
    vim.fn.writefile({ vim.fn.sha256(table.concat(vim.fn.readfile(program, "b"), "\n")) .. " " .. program }, vim.fn.stdpath("state") .. "/trust")
    vim.cmd("Forethought restart")
    wait("the program's mark", function()
      return vim.uv.fs_stat(canary)
    end)
  end)
end

groups[vim.env.GROUP]()
report:close()
vim.cmd(failed > 0 and "cquit!" or "quitall!")
