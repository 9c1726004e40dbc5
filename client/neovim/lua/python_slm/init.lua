---@brief Ghost text and code actions for Python from python-slm. Neovim 0.12 does the work; this turns it on, sets
---a few keys, and starts the server again when it dies. Neovim 0.11 has no ghost text: suggestions come in its menu.
local accept = require('python_slm.accept')
local actions = require('python_slm.actions')
local revive = require('python_slm.revive')
local status = require('python_slm.status')
local switch = require('python_slm.switch')
local M = {}

---@class python_slm.Keys
---@field accept? string|false all of the ghost text; false leaves a key alone
---@field accept_word? string|false
---@field accept_line? string|false
---@field next? string|false
---@field previous? string|false

---@class python_slm.Options
---@field keys? python_slm.Keys
---@field config? vim.lsp.Config merged into the server's configuration, e.g. { cmd = { '/opt/venv/bin/slm', 'lsp' } }

---@type python_slm.Keys
local defaults = {
  accept = '<Tab>',
  accept_word = '<M-Right>',
  accept_line = '<M-C-Right>',
  next = '<M-]>',
  previous = '<M-[>',
}

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
---@param keys python_slm.Keys
local function set_keys(bufnr, keys)
  for key, part in pairs({ accept = 'all', accept_word = 'word', accept_line = 'line' }) do
    map(bufnr, keys[key], function()
      -- Without ghost text the key does what it always did.
      return accept.accept(bufnr, part) and '' or keys[key]
    end, ('python-slm: accept the ghost text (%s)'):format(part))
  end
  for key, count in pairs({ next = 1, previous = -1 }) do
    map(bufnr, keys[key], function()
      vim.schedule(function()
        vim.lsp.inline_completion.select({ bufnr = bufnr, count = count })
        accept.report_shown(bufnr)
      end)
      return ''
    end, ('python-slm: %s suggestion'):format(key))
  end
end

---Tell why something was suggested, or why nothing was, at the last requests.
---@param client vim.lsp.Client
---@param bufnr integer
---@param count integer
local function why(client, bufnr, count)
  client:request('workspace/executeCommand', { command = 'python-slm.why', arguments = { count } }, function(problem, result)
    if problem then
      vim.notify('python-slm: ' .. problem.message, vim.log.levels.ERROR)
    else
      vim.notify(result.text)
    end
  end, bufnr)
end

---Tell the server what is copied: it is likely wanted elsewhere (setting context.yanks).
---@param client vim.lsp.Client
---@param bufnr integer
---@param group integer
local function report_yanks(client, bufnr, group)
  vim.api.nvim_create_autocmd('TextYankPost', {
    group = group,
    buffer = bufnr,
    callback = function()
      if vim.v.event.operator == 'y' then
        client:notify('python-slm/didYank', {
          textDocument = vim.lsp.util.make_text_document_params(bufnr),
          text = table.concat(vim.v.event.regcontents, '\n'),
        })
      end
    end,
  })
end

---What the server is started with: the user's own settings, beside those of this plugin.
---@param own vim.lsp.Config
---@return vim.lsp.Config
local function config(own)
  local ours = {
    capabilities = vim.tbl_deep_extend('error', actions.capabilities, status.capabilities),
    handlers = status.handlers,
  }
  local merged = vim.tbl_deep_extend('force', ours, own)
  local exits = type(own.on_exit) == 'function' and { own.on_exit } or own.on_exit or {}
  merged.on_exit = { revive.on_exit, unpack(exits --[[@as function[] ]]) }
  return merged
end

---Set a buffer up that the server serves.
---@param client vim.lsp.Client
---@param bufnr integer
---@param group integer
---@param keys python_slm.Keys
local function attach(client, bufnr, group, keys)
  vim.api.nvim_clear_autocmds({ group = group, buffer = bufnr })
  switch.apply(client, bufnr)
  if vim.lsp.inline_completion then
    accept.attach(bufnr, group)
    set_keys(bufnr, keys)
  end
  report_yanks(client, bufnr, group)
  actions.attach(client, bufnr)
  vim.api.nvim_buf_create_user_command(bufnr, 'SlmWhy', function(command)
    why(client, bufnr, math.max(command.count, 1))
  end, { count = 1, desc = 'python-slm: why something was suggested, or nothing' })
end

---Start the server for Python files, show ghost text, and set the keys in the buffers it serves.
---@param options? python_slm.Options
function M.setup(options)
  if not vim.lsp.config then
    vim.notify('python-slm needs Neovim 0.12, or 0.11 without ghost text', vim.log.levels.ERROR)
    return
  elseif not vim.lsp.inline_completion then
    vim.notify('python-slm: ghost text needs Neovim 0.12; here suggestions come in the menu', vim.log.levels.WARN)
  end
  options = options or {}
  local keys = vim.tbl_extend('force', defaults, options.keys or {})
  local group = vim.api.nvim_create_augroup('python_slm', {})
  vim.api.nvim_create_autocmd('LspAttach', {
    group = group,
    callback = function(event)
      local client = vim.lsp.get_client_by_id(event.data.client_id)
      if client and client.name == 'python_slm' then
        attach(client, event.buf, group, keys)
      end
    end,
  })
  vim.api.nvim_create_user_command('SlmToggle', switch.toggle, { desc = 'python-slm: suggestions off, and on again' })
  actions.setup()
  vim.lsp.config('python_slm', config(options.config or {}))
  vim.lsp.enable('python_slm')
end

return M
