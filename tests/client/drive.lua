-- Drives a real Neovim: types into a file and writes what was seen to a JSON file.
-- nvim --headless --clean -u NONE -S drive.lua, with DRIVE_PLAN = the path of a JSON plan:
--   plugin   folder of the Neovim client        cmd     command that starts the server
--   file     the Python file to edit            line    1-based line to append to
--   keys     what to type, one key at a time    cycle   how often to press the key for the next suggestion
--   result   where the JSON goes                accept  press <Tab> at the end
--   options  initializationOptions of the server
--   command  an Ex command at the end; what it tells by vim.notify is noted
--   presses  keys pressed after that; each must change the buffer, and what is seen then is noted
local plan = vim.json.decode(table.concat(vim.fn.readfile(vim.env.DRIVE_PLAN), '\n'))
local seen = { ghosts = {}, log = {} }

local function finish()
  seen.buffer = vim.api.nvim_buf_get_lines(0, 0, -1, false)
  seen.cursor = vim.api.nvim_win_get_cursor(0)
  seen.mode = vim.api.nvim_get_mode().mode
  vim.fn.writefile({ vim.json.encode(seen) }, plan.result)
  for _, client in ipairs(vim.lsp.get_clients()) do
    client:stop()
  end
  vim.defer_fn(function() vim.cmd('qall!') end, 500)
end

local steps

local function resume()
  local alive, problem = coroutine.resume(steps)
  if not alive then
    seen.problem = tostring(problem)
    finish()
  end
end

local function sleep(ms)
  vim.defer_fn(resume, ms)
  coroutine.yield()
end

local function wait_for(what, condition)
  for _ = 1, 1000 do
    local value = condition()
    if value then
      return value
    end
    sleep(20)
  end
  error('timed out waiting for ' .. what)
end

local function ghost_of(name)
  local namespace = vim.api.nvim_get_namespaces()[name]
  for _, mark in ipairs(namespace and vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true }) or {}) do
    local text = {}
    for _, chunk in ipairs(mark[4].virt_text or {}) do
      text[#text + 1] = chunk[1]
    end
    for _, line in ipairs(mark[4].virt_lines or {}) do
      text[#text + 1] = '\n'
      for _, chunk in ipairs(line) do
        text[#text + 1] = chunk[1]
      end
    end
    return { text = table.concat(text), row = mark[2], column = mark[3] }
  end
end

local function ghost() return ghost_of('nvim.lsp.inline_completion') end

steps = coroutine.create(function()
  vim.opt.runtimepath:append(plan.plugin)
  vim.cmd('filetype plugin indent on')
  require('python_slm').setup({ config = { cmd = plan.cmd, init_options = plan.options } })
  vim.cmd.edit(plan.file)
  local client = wait_for('the server', function()
    local found = vim.lsp.get_clients({ name = 'python_slm', bufnr = 0 })[1]
    return found and found.initialized and found
  end)
  seen.encoding = client.offset_encoding
  vim.api.nvim_win_set_cursor(0, { plan.line, 0 })
  vim.api.nvim_input('A')
  wait_for('insert mode', function() return vim.api.nvim_get_mode().mode == 'i' end)
  for _, key in ipairs(plan.keys) do
    vim.api.nvim_input(key)
    sleep(80)
  end
  local typed = vim.uv.hrtime()
  seen.ghosts[1] = wait_for('ghost text', ghost)
  seen.ghost_ms = (vim.uv.hrtime() - typed) / 1e6
  for index = 1, plan.cycle do
    local before = ghost().text
    vim.api.nvim_input('<M-]>')
    seen.ghosts[index + 1] = wait_for('another suggestion', function()
      local now = ghost()
      return now and now.text ~= before and now
    end)
  end
  if plan.accept then
    local before = vim.api.nvim_buf_get_changedtick(0)
    vim.api.nvim_input('<Tab>')
    wait_for('the accepted text', function() return vim.api.nvim_buf_get_changedtick(0) ~= before end)
  end
  seen.presses = {}
  for index, key in ipairs(plan.presses) do
    local before = vim.api.nvim_buf_get_changedtick(0)
    vim.api.nvim_input(key)
    wait_for('a change by ' .. key, function() return vim.api.nvim_buf_get_changedtick(0) ~= before end)
    sleep(20)
    seen.presses[index] = { line = vim.api.nvim_get_current_line(), own = ghost_of('python_slm'), ghost = ghost() }
  end
  if #plan.presses > 0 then
    vim.wait(1) -- lets timers of the last press start
    sleep(plan.pause)
    seen.last = { own = ghost_of('python_slm'), ghost = ghost() }
  end
  if plan.command then
    vim.notify = function(text) seen.told = text end
    vim.cmd(plan.command)
    wait_for('an answer to ' .. plan.command, function() return seen.told end)
  end
  sleep(50)
  finish()
end)
resume()
