---@brief Accepts ghost text, all of it or a part, and tells the server. Neovim 0.12 accepts whole items only.
local api = vim.api
local M = {}

local namespace = api.nvim_create_namespace('python_slm')

---What is left of a suggestion after a part of it was accepted, until the server's next answer shows it.
---@type table<integer, vim.lsp.inline_completion.Item?>
local remaining = {}

---How much of the rest to take.
---@type table<string, fun(rest: string): string>
local parts = {
  all = function(rest) return rest end,
  line = function(rest) return rest:match('^\n*[^\n]*') end,
  word = function(rest) return vim.fn.matchstr(rest, [[^\_s*\%(\k\+\|\%(\k\@!\S\)\+\)\?]]) end,
}

---@param bufnr integer
local function hide(bufnr)
  remaining[bufnr] = nil
  if api.nvim_buf_is_valid(bufnr) then
    api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  end
end

---What of the item stands before the cursor already; nil when something else does.
---@param bufnr integer
---@param item vim.lsp.inline_completion.Item
---@return string?
local function standing(bufnr, item)
  local row, column = unpack(api.nvim_win_get_cursor(0))
  local start_row, start_column = item.range:to_extmark()
  local ok, lines = pcall(api.nvim_buf_get_text, bufnr, start_row, start_column, row - 1, column, {})
  local text = ok and table.concat(lines, '\n')
  return text and vim.startswith(item.insert_text --[[@as string]], text) and text or nil
end

---Show what is left at the cursor.
---@param bufnr integer
local function show(bufnr)
  local item = remaining[bufnr]
  local before = item and standing(bufnr, item)
  api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  if not item or not before then
    return hide(bufnr)
  end
  local row, column = unpack(api.nvim_win_get_cursor(0))
  local lines = vim.tbl_map(function(line) return { { line, 'ComplHint' } } end,
    vim.split(item.insert_text:sub(#before + 1), '\n'))
  api.nvim_buf_set_extmark(bufnr, namespace, row - 1, column, {
    virt_text = lines[1],
    virt_lines = vim.list_slice(lines, 2),
    virt_text_pos = 'inline',
    hl_mode = 'combine',
  })
end

---Insert a part of the item at the cursor and tell the server.
---@param bufnr integer
---@param item vim.lsp.inline_completion.Item
---@param part fun(rest: string): string
local function take(bufnr, item, part)
  local client, before = vim.lsp.get_client_by_id(item.client_id), standing(bufnr, item)
  hide(bufnr)
  if not client or not before then
    return
  end
  local rest = item.insert_text:sub(#before + 1)
  local head = part(rest)
  local row, column = unpack(api.nvim_win_get_cursor(0))
  local _, start_column, _, end_column = item.range:to_extmark()
  local overwritten = head == rest and end_column - start_column or 0 -- right of the cursor
  local lines = vim.split(head, '\n')
  api.nvim_buf_set_text(bufnr, row - 1, column, row - 1, column + overwritten, lines)
  api.nvim_win_set_cursor(0, { row + #lines - 1, (#lines == 1 and column or 0) + #lines[#lines] })
  if head == rest then
    if item.command then
      client:exec_cmd(item.command, { bufnr = bufnr })
    end
    return
  end
  client:notify('textDocument/didPartiallyAcceptCompletion', {
    item = { command = item.command },
    acceptedLength = vim.str_utfindex(before .. head, client.offset_encoding),
  })
  remaining[bufnr] = item
  show(bufnr)
end

---Accept the ghost text; false when there is none. May be called from an expression mapping.
---@param bufnr integer
---@param name 'all'|'line'|'word'
---@return boolean
function M.accept(bufnr, name)
  local item = remaining[bufnr]
  if item and standing(bufnr, item) then
    vim.schedule(function() take(bufnr, item, parts[name]) end)
    return true
  end
  return vim.lsp.inline_completion.get({
    bufnr = bufnr,
    on_accept = function(current)
      local client = vim.lsp.get_client_by_id(current.client_id)
      if not client or client.name ~= 'python_slm' or not current.range then
        return current -- another server's
      end
      take(bufnr, current, parts[name])
    end,
  })
end

---Tell the server which item is on display, since it counts what is not accepted.
---@param bufnr integer
function M.report_shown(bufnr)
  -- Neovim has no public way to see the item without accepting it; where this one is gone, the server takes the first.
  local ok, item = pcall(function()
    return require('vim.lsp._capability').all.inline_completion.active[bufnr].current
  end)
  local client = ok and item and item.command and vim.lsp.get_client_by_id(item.client_id)
  if client and client.name == 'python_slm' then
    client:notify('textDocument/didShowCompletion', { item = { command = item.command } })
  end
end

---Follow the cursor and the server's answers in a buffer.
---@param bufnr integer
---@param group integer
function M.attach(bufnr, group)
  api.nvim_create_autocmd('CursorMovedI', { group = group, buffer = bufnr, callback = function() show(bufnr) end })
  api.nvim_create_autocmd('InsertLeave', { group = group, buffer = bufnr, callback = function() hide(bufnr) end })
  api.nvim_create_autocmd('LspRequest', {
    group = group,
    buffer = bufnr,
    callback = function(event)
      local request = event.data.request
      if request.type == 'complete' and request.method == 'textDocument/inlineCompletion' then
        vim.schedule(function()
          hide(bufnr)
          M.report_shown(bufnr)
        end)
      end
    end,
  })
end

return M
