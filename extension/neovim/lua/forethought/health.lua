--- `:checkhealth forethought`
local server = require("forethought.server")
local status = require("forethought.status")

local M = {}

local INSTALL = {
  "Install it from a checkout: `pipx install ./forethought` (with an engine: `pipx install './forethought[llama]'`)",
  'Or set its path: `require("forethought").setup({ cmd = "/path/to/forethought" })`',
}

function M.check()
  local health = vim.health
  health.start("forethought: Neovim")
  if vim.fn.has("nvim-0.10") == 0 then
    health.error("Neovim is older than 0.10", "Update Neovim")
    return
  end
  local version = vim.version()
  health.ok(("Neovim %d.%d.%d"):format(version.major, version.minor, version.patch))

  health.start("forethought: the program")
  local client = server.client()
  local root = client and client.config.root_dir or server.root(0) or vim.fs.root(vim.fn.getcwd(), ".git")
  local program, reason = server.find(root)
  if program then
    health.ok(("%s (found by: %s)"):format(program.cmd[1], program.origin))
    M._run(program.cmd[1], root)
  else
    health.error(reason:sub(1, 1):upper() .. reason:sub(2), INSTALL)
  end
  local inside = server.workspace_program(root)
  if inside and not (program and program.cmd[1] == inside) then
    health.info(inside .. " is not used: a program inside a workspace runs only with your permission.")
    health.info("To use it, pass `use_workspace_environment = true` to `setup`; Neovim then asks whether you trust it.")
  end

  health.start("forethought: the running server")
  if not client then
    health.warn("No server is running", {
      'Call `require("forethought").setup()` in your configuration, then open a file in a supported language',
      "After an error, `:Forethought restart` tries again. The log is " .. vim.lsp.log.get_filename(),
    })
    return
  end
  M._report(client)
end

--- Report whether the program runs, and what its `doctor` finds.
---@param program string
---@param root string?
function M._run(program, root)
  local health = vim.health
  local output, failure = M._output({ program, "--version" }, root)
  if not output then
    health.error("It cannot be run: " .. failure, { "Run `" .. program .. " --version` in a shell", INSTALL[1] })
    return
  end
  health.ok(vim.trim(output))
  output, failure = M._output({ program, "doctor", "--json" }, root)
  local decoded, report = pcall(vim.json.decode, output or "")
  if not decoded or type(report) ~= "table" or type(report.findings) ~= "table" then
    health.warn("`forethought doctor` returned no report: " .. (failure or "its output is not JSON"))
    return
  end
  for _, finding in ipairs(report.findings) do
    if finding.ok then
      health.ok(finding.what)
    else
      health.error(finding.what, type(finding.mend) == "string" and finding.mend or nil)
    end
  end
end

--- Report the status of a running server.
---@param client vim.lsp.Client
function M._report(client)
  local health = vim.health
  local buffers = vim.tbl_count(client.attached_buffers)
  local root = client.config.root_dir or "no folder"
  health.ok(("Client %d serves %s, %d %s"):format(client.id, root, buffers, buffers == 1 and "file" or "files"))
  local answered = server.call(client, "request_sync", "forethought/status", vim.empty_dict(), 5000)
  local document = answered and answered.result
  if not document then
    health.error("The server does not answer", {
      "`:Forethought restart` restarts it",
      "The log is " .. vim.lsp.log.get_filename(),
    })
    return
  end
  if document.state == "degraded" then
    health.error("degraded: " .. (document.message or ""), "Run `forethought doctor` to see how to fix it")
  else
    health.ok("State: " .. status.short(document))
  end
  health.info(status.engine(document.engine))
  if type(document.engine) ~= "table" and type(document.message) == "string" then
    health.info(document.message)
  end
  for _, served in ipairs(document.roots or {}) do
    health.info(("%d of %d files indexed, %d symbols in scope thought about"):format(
      served.files.indexed,
      served.files.total,
      served.contexts.fresh
    ))
  end
end

--- Return a program's standard output, or why there is none. `doctor` exits with status 1 if it finds problems, but
--- still reports.
---@param cmd string[]
---@param root string?
---@return string? output
---@return string? failure
function M._output(cmd, root)
  local started, process = pcall(vim.system, cmd, { text = true, timeout = 20000, cwd = root })
  if not started then
    return nil, tostring(process)
  end
  local done = process:wait()
  if done.code ~= 0 and (done.stdout or "") == "" then
    return nil, vim.trim(done.stderr or "") ~= "" and vim.trim(done.stderr) or ("exit status " .. done.code)
  end
  return done.stdout
end

return M
