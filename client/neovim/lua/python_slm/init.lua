---@brief Ghost text for Python from python-slm. Neovim 0.12 does the work; this turns it on and sets three keys.
local M = {}

---@class python_slm.Options
---@field keys? { accept?: string|false, next?: string|false, previous?: string|false } false leaves a key alone
---@field config? vim.lsp.Config merged into the server's configuration, e.g. { cmd = { '/opt/venv/bin/slm', 'lsp' } }

local defaults = { accept = '<Tab>', next = '<M-]>', previous = '<M-[>' }

---@param bufnr integer
---@param lhs string|false
---@param rhs fun(): string?
---@param desc string
local function map(bufnr, lhs, rhs, desc)
  if lhs then
    vim.keymap.set('i', lhs, rhs, { buffer = bufnr, expr = true, replace_keycodes = true, desc = desc })
  end
end

---@param bufnr integer
---@param keys { accept: string|false, next: string|false, previous: string|false }
local function set_keys(bufnr, keys)
  map(bufnr, keys.accept, function()
    -- Without ghost text the key does what it always did.
    return vim.lsp.inline_completion.get({ bufnr = bufnr }) and '' or keys.accept
  end, 'python-slm: accept the ghost text')
  map(bufnr, keys.next, function()
    vim.schedule(function() vim.lsp.inline_completion.select({ bufnr = bufnr, count = 1 }) end)
    return ''
  end, 'python-slm: next suggestion')
  map(bufnr, keys.previous, function()
    vim.schedule(function() vim.lsp.inline_completion.select({ bufnr = bufnr, count = -1 }) end)
    return ''
  end, 'python-slm: previous suggestion')
end

---Start the server for Python files, show ghost text, and set the keys in the buffers it serves.
---@param options? python_slm.Options
function M.setup(options)
  if not vim.lsp.inline_completion then
    vim.notify('python-slm needs Neovim 0.12 or newer for ghost text', vim.log.levels.ERROR)
    return
  end
  options = options or {}
  local keys = vim.tbl_extend('force', defaults, options.keys or {})
  vim.api.nvim_create_autocmd('LspAttach', {
    group = vim.api.nvim_create_augroup('python_slm', {}),
    callback = function(event)
      local client = vim.lsp.get_client_by_id(event.data.client_id)
      if client and client.name == 'python_slm' then
        vim.lsp.inline_completion.enable(true, { bufnr = event.buf })
        set_keys(event.buf, keys)
      end
    end,
  })
  vim.lsp.config('python_slm', options.config or {})
  vim.lsp.enable('python_slm')
end

return M
