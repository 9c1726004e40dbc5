-- Drives a real Neovim through diagnostics, hovers and code actions, step by step; see script.lua.
-- Each of the plan's steps is one of these, and adds to what was seen:
--   { "codes": [...] }                 waits until just these diagnostics are shown (sorted codes, each once)
--   { "cursor": [line, column] }       moves the cursor: line from 1, column in bytes from 0
--   { "keys": [...] }                  types, one key at a time
--   { "action": title, "only": [...], "visual": n }   chooses the action whose title has this, waits for its edit;
--                                      "visual" selects so many characters from the cursor on before
--   { "titles": true, "only": [...] }  notes what the menu has
--   { "hover": true }                  notes what K shows
--   { "command": name }                an Ex command that opens a window; notes what is in it
--   { "answer": text }                 what is answered to the next question of the editor, such as for a new name
--   { "line": [number, text] }         waits until a line has become this
local script = dofile(vim.fs.joinpath(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)), 'script.lua'))
local seen, sleep, wait_for = script.seen, script.sleep, script.wait_for
seen.steps = {}

local function codes()
  local found = {}
  for _, one in ipairs(vim.diagnostic.get(0)) do
    found[tostring(one.code)] = true
  end
  local names = vim.tbl_keys(found)
  table.sort(names)
  return names
end

local function floating()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= '' then
      return window
    end
  end
end

---What the window that opens has in it; it is closed again.
local function shown(what)
  local window = wait_for(what, floating)
  local lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false)
  vim.api.nvim_win_close(window, true)
  return table.concat(lines, '\n')
end

local function select_characters(count)
  vim.api.nvim_feedkeys(vim.keycode('v' .. (count > 1 and (count - 1) .. 'l' or '')), 'nx!', false)
end

local function menu(step, choose)
  local told
  local notify = vim.notify
  vim.notify = function(text) told = text end
  local select = vim.ui.select
  vim.ui.select = function(items, _, on_choice)
    told = {}
    for index, item in ipairs(items) do
      told[index] = item.action.title
    end
    for _, item in ipairs(items) do
      if choose and item.action.title:find(step.action, 1, true) then
        return on_choice(item)
      end
    end
    on_choice(nil)
  end
  vim.lsp.buf.code_action({ context = { only = step.only } })
  local found = wait_for('the menu', function() return told end)
  vim.notify, vim.ui.select = notify, select
  return found
end

local doing = {}

function doing.codes(step)
  seen.last_codes = nil
  local ok = pcall(wait_for, 'codes', function()
    seen.last_codes = codes()
    return vim.deep_equal(seen.last_codes, step.codes)
  end)
  return { codes = codes(), ok = ok }
end

function doing.cursor(step)
  vim.api.nvim_win_set_cursor(0, step.cursor)
  return {}
end

function doing.keys(step)
  for _, key in ipairs(step.keys) do
    vim.api.nvim_input(key)
    sleep(60)
  end
  return { mode = vim.api.nvim_get_mode().mode }
end

function doing.action(step)
  local before = vim.api.nvim_buf_get_changedtick(0)
  if step.visual then
    select_characters(step.visual)
  end
  local titles = menu(step, true)
  local changed = pcall(wait_for, 'its edit', function() return vim.api.nvim_buf_get_changedtick(0) ~= before end)
  if step.visual then
    vim.api.nvim_feedkeys(vim.keycode('<Esc>'), 'nx', false)
  end
  return { titles = titles, changed = changed }
end

function doing.titles(step)
  return { titles = menu(step, false) }
end

function doing.hover()
  vim.api.nvim_input('K')
  return { text = shown('a hover') }
end

function doing.command(step)
  vim.cmd(step.command)
  return { text = shown('a window of ' .. step.command) }
end

function doing.answer(step)
  vim.ui.input = function(options, on_confirm)
    seen.asked = options.default or options.prompt
    on_confirm(step.answer)
  end
  return {}
end

function doing.line(step)
  local number, text = unpack(step.line)
  local ok = pcall(wait_for, 'a line', function()
    return vim.api.nvim_buf_get_lines(0, number - 1, number, false)[1] == text
  end)
  return { ok = ok }
end

script.run(function()
  script.open()
  for index, step in ipairs(script.plan.steps) do
    for name, action in pairs(doing) do
      if step[name] ~= nil then
        seen.steps[index] = action(step)
      end
    end
    sleep(50)
  end
  sleep(300)
end)
