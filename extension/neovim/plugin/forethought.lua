-- The command, and the autocommands that are needed however the server was started. Everything else is loaded on demand.
if vim.g.loaded_forethought then
  return
end
vim.g.loaded_forethought = true

if vim.fn.has("nvim-0.10") == 0 then
  vim.api.nvim_create_user_command("Forethought", function()
    vim.notify("Forethought needs Neovim 0.10 or newer; please update Neovim.", vim.log.levels.ERROR)
  end, { nargs = "*", desc = "Forethought: needs a newer Neovim" })
  return
end

vim.api.nvim_create_user_command("Forethought", function(command)
  require("forethought.command").run(command.fargs, command.args)
end, {
  nargs = "+",
  desc = "Forethought: ask, status, pause, resume, precompute and more",
  complete = function(lead, line)
    return require("forethought.command").complete(lead, line)
  end,
})

local group = vim.api.nvim_create_augroup("forethought", {})

-- What the user is looking at is thought about first.
vim.api.nvim_create_autocmd({ "BufEnter", "LspAttach" }, {
  group = group,
  callback = function(event)
    if event.buf == vim.api.nvim_get_current_buf() and vim.bo[event.buf].buftype == "" then
      require("forethought.server").focus(event.buf)
    end
  end,
})

-- Navigation is left to other servers, where there are any.
vim.api.nvim_create_autocmd({ "LspAttach", "LspDetach" }, {
  group = group,
  callback = function(event)
    local left = event.event == "LspDetach" and event.data.client_id or nil
    require("forethought.server").report_servers_everywhere(left)
  end,
})
