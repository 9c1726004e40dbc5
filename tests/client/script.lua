-- What the drivers of a real Neovim share: the plan, what was seen, steps that wait for something. See drive.lua.
local M = {}

---The JSON plan that DRIVE_PLAN names; `result` is where what was seen goes.
M.plan = vim.json.decode(table.concat(vim.fn.readfile(vim.env.DRIVE_PLAN), '\n'))
M.seen = { ghosts = {}, log = {} }

local steps

local function finish()
  M.seen.buffer = vim.api.nvim_buf_get_lines(0, 0, -1, false)
  M.seen.cursor = vim.api.nvim_win_get_cursor(0)
  M.seen.mode = vim.api.nvim_get_mode().mode
  vim.fn.writefile({ vim.json.encode(M.seen) }, M.plan.result)
  for _, client in ipairs(vim.lsp.get_clients()) do
    client:stop()
  end
  vim.defer_fn(function() vim.cmd('qall!') end, 500)
end

local function resume()
  local alive, problem = coroutine.resume(steps)
  if not alive then
    M.seen.problem = tostring(problem)
    finish()
  end
end

---Let the editor work for some milliseconds.
function M.sleep(ms)
  vim.defer_fn(resume, ms)
  coroutine.yield()
end

---The first value that is neither nil nor false; an error after 20 s.
function M.wait_for(what, condition)
  for _ = 1, 1000 do
    local value = condition()
    if value then
      return value
    end
    M.sleep(20)
  end
  error('timed out waiting for ' .. what)
end

---Edit the plan's file with the plugin and wait for the server.
function M.open()
  local plan = M.plan
  vim.opt.runtimepath:append(plan.plugin)
  vim.cmd('filetype plugin indent on')
  require('python_slm').setup({ config = { cmd = plan.cmd, init_options = plan.options } })
  vim.cmd.edit(plan.file)
  return M.wait_for('the server', function()
    local found = vim.lsp.get_clients({ name = 'python_slm', bufnr = 0 })[1]
    return found and found.initialized and found
  end)
end

---Run the steps, write what was seen, and leave.
function M.run(work)
  steps = coroutine.create(function()
    work()
    M.sleep(50)
    finish()
  end)
  resume()
end

return M
