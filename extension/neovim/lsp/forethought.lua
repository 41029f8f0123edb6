-- For `vim.lsp.enable("forethought")` (Neovim 0.11 and newer).
return require("forethought.server").config()
