--- A floating window with a Markdown scratch buffer, at the bottom of the screen, as high as its text.
local M = {}

local WIDTH = 88

---@class forethought.Float
---@field buf integer
---@field win integer?
---@field title string
---@field footer string

---@param title string
---@param footer string
---@return forethought.Float
function M.new(title, footer)
  local buf = vim.api.nvim_create_buf(false, true)
  vim.bo[buf].bufhidden = "hide"
  vim.bo[buf].modeline = false
  vim.bo[buf].filetype = "markdown"
  vim.bo[buf].modifiable = false
  local float = { buf = buf, title = title, footer = footer }
  vim.keymap.set("n", "q", function()
    M.close(float)
  end, { buffer = buf, nowait = true, desc = "Close" })
  return float
end

--- Open a float unless it is open, and enter it.
---@param float forethought.Float
function M.open(float)
  if M.is_open(float) then
    vim.api.nvim_set_current_win(float.win)
    return
  end
  float.win = vim.api.nvim_open_win(float.buf, true, M._shape(float, 1))
  for name, value in pairs({
    wrap = true,
    linebreak = true,
    breakindent = true,
    conceallevel = 2,
    concealcursor = "nvic",
    foldenable = false,
    spell = false,
    number = false,
    relativenumber = false,
    signcolumn = "no",
  }) do
    vim.api.nvim_set_option_value(name, value, { win = float.win, scope = "local" })
  end
  M.fit(float)
end

---@param float forethought.Float
---@return boolean
function M.is_open(float)
  return float.win ~= nil and vim.api.nvim_win_is_valid(float.win)
end

---@param float forethought.Float
function M.close(float)
  if M.is_open(float) then
    vim.api.nvim_win_close(float.win, true)
  end
  float.win = nil
end

--- Close a float and delete its buffer.
---@param float forethought.Float
function M.delete(float)
  M.close(float)
  if vim.api.nvim_buf_is_valid(float.buf) then
    vim.api.nvim_buf_delete(float.buf, { force = true })
  end
end

--- Replace the lines.
---@param float forethought.Float
---@param lines string[]
function M.set(float, lines)
  if not vim.api.nvim_buf_is_valid(float.buf) then
    return
  end
  vim.bo[float.buf].modifiable = true
  vim.api.nvim_buf_set_lines(float.buf, 0, -1, false, lines)
  vim.bo[float.buf].modifiable = false
  M.fit(float)
end

--- Make the window as high as its text, within the screen.
---@param float forethought.Float
function M.fit(float)
  if M.is_open(float) then
    local height = vim.api.nvim_win_text_height(float.win, {}).all
    vim.api.nvim_win_set_config(float.win, M._shape(float, height))
  end
end

---@param float forethought.Float
---@param height integer
---@return vim.api.keyset.win_config
function M._shape(float, height)
  local width = math.max(20, math.min(WIDTH, vim.o.columns - 4))
  local room = vim.o.lines - vim.o.cmdheight - 4
  return {
    relative = "editor",
    anchor = "SW",
    row = vim.o.lines - vim.o.cmdheight - 1,
    col = math.max(0, math.floor((vim.o.columns - width - 2) / 2)),
    width = width,
    height = math.max(1, math.min(height, math.floor(room * 0.7))),
    style = "minimal",
    border = "rounded",
    title = " " .. M._clip(float.title, width - 4) .. " ",
    title_pos = "left",
    footer = " " .. M._clip(float.footer, width - 4) .. " ",
    footer_pos = "right",
  }
end

--- One line of at most `width` characters.
---@param text string
---@param width integer
---@return string
function M._clip(text, width)
  text = text:gsub("%s+", " ")
  return vim.fn.strchars(text) <= width and text or (vim.fn.strcharpart(text, 0, width - 1) .. "…")
end

return M
