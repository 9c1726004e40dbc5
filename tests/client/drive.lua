-- Drives a real Neovim: types into a file and writes what was seen to a JSON file.
-- nvim --headless --clean -u NONE -S drive.lua, with DRIVE_PLAN = the path of a JSON plan:
--   plugin   folder of the Neovim client        cmd     command that starts the server
--   file     the Python file to edit            line    1-based line to append to
--   keys     what to type, one key at a time    cycle   how often to press the key for the next suggestion
--   result   where the JSON goes                accept  press <Tab> at the end
--   options  initializationOptions of the server
--   command  an Ex command at the end; what it tells by vim.notify is noted
--   presses  keys pressed after that; each must change the buffer, and what is seen then is noted
local script = dofile(vim.fs.joinpath(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)), 'script.lua'))
local plan, seen, sleep, wait_for = script.plan, script.seen, script.sleep, script.wait_for

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

script.run(function()
  local client = script.open()
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
end)
