---@brief What the server's code actions ask of the editor, and a few commands for what has no key of its own.
local api = vim.api
local M = {}

local SERVER = 'python_slm'

---What the plugin can do, for the server to know.
---@type lsp.ClientCapabilities
M.capabilities = {
  experimental = { commands = { commands = { 'python-slm.rename', 'python-slm.showExplanation' } } },
}

---Ask for a better name for what an action has just made.
---@param command lsp.Command
---@param context lsp.HandlerContext
local function rename(command, context)
  local client = vim.lsp.get_client_by_id(context.client_id)
  local where = command.arguments and command.arguments[1]
  if not client or not where then
    return
  end
  local bufnr = vim.uri_to_bufnr(where.uri)
  local window = vim.fn.bufwinid(bufnr)
  local line = api.nvim_buf_get_lines(bufnr, where.position.line, where.position.line + 1, false)[1]
  if window == -1 or not line then
    return
  end
  api.nvim_set_current_win(window)
  local column = vim.str_byteindex(line, client.offset_encoding, where.position.character, false)
  api.nvim_win_set_cursor(window, { where.position.line + 1, column })
  vim.lsp.buf.rename(nil, { bufnr = bufnr, name = client.name })
end

---Show the server's explanation of a place in a window.
---@param client vim.lsp.Client
---@param bufnr integer
---@param where table
local function explain(client, bufnr, where)
  client:request('workspace/executeCommand', { command = 'python-slm.explain', arguments = { where } }, function(problem, result)
    if problem then
      return vim.notify('python-slm: ' .. problem.message, vim.log.levels.ERROR)
    end
    local lines = vim.split(vim.trim(result.text), '\n')
    vim.lsp.util.open_floating_preview(lines, 'markdown', { focus_id = 'python_slm.explain', max_width = 100 })
  end, bufnr)
end

---@param command lsp.Command
---@param context lsp.HandlerContext
local function show_explanation(command, context)
  local client = vim.lsp.get_client_by_id(context.client_id)
  if client then
    explain(client, context.bufnr, command.arguments[1])
  end
end

---Do the only action of a kind for the whole buffer; say so where there is nothing to do.
---@param kind string
local function apply(kind)
  vim.lsp.buf.code_action({
    apply = true,
    context = { only = { kind }, diagnostics = {} },
    filter = function(_, client_id) return vim.lsp.get_client_by_id(client_id).name == SERVER end,
  })
end

---The same, done before this returns: for an autocommand before a file is written.
---@param bufnr integer
---@param kind string
---@param timeout_ms? integer
function M.apply_now(bufnr, kind, timeout_ms)
  local client = vim.lsp.get_clients({ bufnr = bufnr, name = SERVER })[1]
  if not client then
    return
  end
  local last = api.nvim_buf_line_count(bufnr)
  local params = vim.lsp.util.make_given_range_params({ 1, 0 }, { last, 0 }, bufnr, client.offset_encoding)
  params.context = { only = { kind }, diagnostics = {}, triggerKind = 1 }
  local answer = client:request_sync('textDocument/codeAction', params, timeout_ms or 2000, bufnr)
  local action = answer and answer.result and answer.result[1]
  if action and not action.edit then
    answer = client:request_sync('codeAction/resolve', action, timeout_ms or 2000, bufnr)
    action = answer and answer.result
  end
  if action and action.edit then
    vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
  end
end

---Learn the server's commands.
function M.setup()
  vim.lsp.commands['python-slm.rename'] = rename
  vim.lsp.commands['python-slm.showExplanation'] = show_explanation
end

---Commands of a buffer that the server serves.
---@param client vim.lsp.Client
---@param bufnr integer
function M.attach(client, bufnr)
  local function command(name, run, desc)
    api.nvim_buf_create_user_command(bufnr, name, run, { desc = 'python-slm: ' .. desc })
  end
  command('SlmExplain', function()
    local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
    explain(client, bufnr, { uri = params.textDocument.uri, position = params.position })
  end, 'explain the function or class at the cursor')
  command('SlmFixAll', function() apply('source.fixAll.python-slm') end, 'fix all that is safe to fix')
  command('SlmOrganizeImports', function() apply('source.organizeImports.ruff') end, 'put the imports in order')
  command('SlmAddDocstrings', function() apply('source.addDocstrings.python-slm') end, 'add all missing docstrings')
end

return M
