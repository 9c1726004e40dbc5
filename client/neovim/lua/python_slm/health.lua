---@brief :checkhealth python_slm
local M = {}

---@return string[]
local function command()
  local config = vim.lsp.config and vim.lsp.config.python_slm
  return config and type(config.cmd) == 'table' and config.cmd --[[@as string[] ]] or { 'slm', 'lsp' }
end

local function check_neovim()
  if vim.lsp.inline_completion then
    vim.health.ok('Neovim has inline completion: ghost text')
  elseif vim.lsp.config then
    vim.health.warn('Neovim 0.11 has no inline completion: suggestions come in the completion menu', 'Install Neovim 0.12.')
  else
    vim.health.error('Neovim 0.11 or newer is needed')
  end
end

local function check_server()
  local cmd = command()
  local program = vim.fn.exepath(cmd[1])
  if program == '' then
    vim.health.error(('%s cannot be run'):format(cmd[1]), {
      'pip install python-slm, in an environment that is on your PATH',
      "or say where it is: require('python_slm').setup({ config = { cmd = { '/path/to/slm', 'lsp' } } })",
    })
    return
  end
  local slm = cmd[1]:match('slm[^/]*$') and { program } or { program, '-m', 'python_slm' }
  local done = vim.system(vim.list_extend(slm, { 'doctor', '--json' }), { text = true, timeout = 60000 }):wait()
  local ok, report = pcall(vim.json.decode, done.stdout or '')
  if not ok or type(report) ~= 'table' then
    vim.health.error(('%s doctor did not answer'):format(program), vim.trim(done.stderr or ''))
    return
  end
  for _, check in ipairs(report.checks) do
    local say = check.ok and vim.health.ok or check.essential and vim.health.error or vim.health.warn
    say(('%s: %s'):format(check.name, check.detail), check.fix ~= '' and check.fix or nil)
  end
end

local function check_clients()
  local clients = vim.lsp.get_clients({ name = 'python_slm' })
  if #clients == 0 then
    vim.health.info('no server runs: open a Python file')
  end
  for _, client in ipairs(clients) do
    local buffers = vim.tbl_count(client.attached_buffers)
    vim.health.ok(('the server runs for %d buffer%s, in %s'):format(buffers, buffers == 1 and '' or 's', client.root_dir or 'no folder'))
  end
end

function M.check()
  vim.health.start('Neovim')
  check_neovim()
  vim.health.start('Server')
  check_server()
  vim.health.start('Session')
  check_clients()
end

return M
