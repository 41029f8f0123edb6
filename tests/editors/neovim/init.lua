-- The configuration of the Neovim under test. What to start is said by the environment, since each group wants its own.
vim.opt.runtimepath:prepend(vim.env.PLUGIN)
vim.opt.swapfile = false
vim.opt.shadafile = "NONE"
vim.opt.columns, vim.opt.lines = 120, 40
vim.opt.hidden = true

-- What people are told, for the tests to read.
_G.told = {}
vim.notify = function(message)
  table.insert(_G.told, message)
end

vim.cmd.helptags(vim.env.PLUGIN .. "/doc")
vim.lsp.log.set_level("INFO")
if vim.env.SETUP ~= "" then
  require("forethought").setup(assert(loadstring("return " .. vim.env.SETUP))())
end
