-- Drives a real Neovim through what the plugin does beside ghost text and code actions; see script.lua.
-- The plan's "scenario" is one of those below. "type" types a word below the first line, and notes the ghost text.
local script = dofile(vim.fs.joinpath(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)), 'script.lua'))
local plan, seen, sleep, wait_for = script.plan, script.seen, script.sleep, script.wait_for
seen.told = {}

---Note what the user is told.
local function listen()
  vim.notify = function(text) table.insert(seen.told, text) end
end

local function ghost()
  local namespace = vim.api.nvim_get_namespaces()['nvim.lsp.inline_completion']
  local mark = namespace and vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true })[1]
  return mark and mark[4].virt_text[1][1]
end

local function type_keys(keys)
  for _, key in ipairs(keys) do
    vim.api.nvim_input(key)
    sleep(60)
  end
end

local function type_below_first_line()
  vim.api.nvim_win_set_cursor(0, { 1, 0 })
  type_keys({ 'A', '<CR>', 'r', 'e', 't' })
end

---The processes of the server.
local function servers()
  return vim.tbl_filter(function(pid)
    local process = vim.api.nvim_get_proc(pid)
    return process ~= vim.NIL and process ~= nil
  end, vim.api.nvim_get_proc_children(vim.fn.getpid()))
end

local function client()
  local found = vim.lsp.get_clients({ name = 'python_slm', bufnr = 0 })[1]
  return found and found.initialized and found
end

---Kill the server that runs; true when another one serves the buffer.
local function kill()
  local before = assert(client()).id
  for _, pid in ipairs(servers()) do
    vim.uv.kill(pid, 'sigkill')
  end
  wait_for('the end of the server', function() return not vim.lsp.get_client_by_id(before) end)
  return before
end

local scenarios = {}

function scenarios.status()
  vim.opt.runtimepath:append(plan.plugin)
  seen.before = require('python_slm.status').text()
  script.open()
  vim.o.laststatus, vim.o.statusline = 2, "%{v:lua.require'python_slm.status'.text()}"
  seen.texts = {}
  wait_for('the model', function()
    local text = vim.api.nvim_eval_statusline(vim.o.statusline, {}).str
    if seen.texts[#seen.texts] ~= text then
      table.insert(seen.texts, text)
    end
    return text ~= '' and text ~= 'slm …'
  end)
end

function scenarios.health()
  script.open()
  vim.cmd.checkhealth('python_slm')
  seen.report = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
end

function scenarios.help()
  vim.opt.runtimepath:append(plan.plugin)
  vim.cmd.helptags(vim.fs.joinpath(plan.plugin, 'doc'))
  seen.lines = {}
  for _, tag in ipairs(plan.tags) do
    vim.cmd.enew()
    pcall(vim.cmd.help, tag) -- a Neovim that lacks its parser of help files says so at the first one
    seen.lines[tag] = vim.fs.basename(vim.api.nvim_buf_get_name(0))
    vim.cmd('silent! helpclose')
  end
end

function scenarios.toggle()
  script.open()
  listen()
  vim.cmd.SlmToggle()
  type_below_first_line()
  sleep(1500)
  seen.off = { ghost = ghost(), status = require('python_slm.status').text() }
  vim.cmd.edit(plan.file .. '.other.py')
  wait_for('the server', client)
  seen.other = vim.lsp.inline_completion.is_enabled({ bufnr = 0 })
  vim.cmd.SlmToggle()
  vim.cmd('buffer #')
  type_keys({ '<Esc>', 'A', 'u' })
  seen.on = { ghost = wait_for('ghost text', ghost), status = require('python_slm.status').text() }
end

function scenarios.crash()
  script.open()
  listen()
  type_keys({ 'G', 'o', '#', 'x', '<Esc>' })
  local before = kill()
  wait_for('a new server', function()
    local found = client()
    return found and found.id ~= before
  end)
  type_below_first_line()
  seen.ghosts[1] = wait_for('ghost text', ghost)
  vim.api.nvim_input('<Tab>')
  sleep(300)
end

function scenarios.crashes()
  script.open()
  listen()
  for round = 1, 5 do
    kill()
    if round < 5 then
      wait_for('a new server', client)
    end
  end
  sleep(1500)
  seen.left = #vim.lsp.get_clients({ name = 'python_slm' })
end

function scenarios.stop()
  listen()
  script.open():stop(true)
  wait_for('the end of the server', function() return #vim.lsp.get_clients() == 0 end)
  sleep(1500)
  seen.left = #vim.lsp.get_clients({ name = 'python_slm' })
end

function scenarios.late()
  vim.api.nvim_create_autocmd('FileType', {
    pattern = 'python',
    once = true,
    callback = function()
      vim.opt.runtimepath:append(plan.plugin)
      require('python_slm').setup({ config = { cmd = plan.cmd, init_options = plan.options } })
    end,
  })
  vim.cmd('filetype plugin indent on')
  vim.cmd.edit(plan.file)
  wait_for('the server', client)
  type_below_first_line()
  seen.ghosts[1] = wait_for('ghost text', ghost)
end

function scenarios.without_ghost_text()
  rawset(vim.lsp, 'inline_completion', false) -- as in 0.11, where it is nil
  local capabilities = vim.lsp.protocol.make_client_capabilities
  rawset(vim.lsp.protocol, 'make_client_capabilities', function() -- nor does 0.11 say that it has any
    local known = capabilities()
    known.textDocument.inlineCompletion = nil
    return known
  end)
  listen()
  script.open()
  vim.o.completeopt = 'menuone,noselect'
  vim.api.nvim_win_set_cursor(0, { 1, 0 })
  type_keys({ 'A', '<CR>', 'r', 'e', 't', '<C-x><C-o>' })
  wait_for('the menu', function() return vim.fn.pumvisible() == 1 end)
  seen.words = vim.tbl_map(function(item) return item.word end, vim.fn.complete_info({ 'items' }).items)
  vim.api.nvim_input('<C-n><C-y>')
  sleep(300)
  seen.status = require('python_slm.status').text()
  rawset(vim.lsp, 'inline_completion', nil)
end

script.run(scenarios[plan.scenario])
