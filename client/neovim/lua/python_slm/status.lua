---@brief How the server is, for a status line: require('python_slm.status').text()
local switch = require('python_slm.switch')
local M = {}

---@class python_slm.Status
---@field health 'ok'|'warning'|'error'
---@field quiescent boolean
---@field message string
---@field model string

---What each client said last.
---@type table<integer, python_slm.Status>
local told = {}

M.capabilities = { experimental = { serverStatusNotification = true } }

---For vim.lsp.config's handlers.
M.handlers = {
  ---@param status python_slm.Status
  ['experimental/serverStatus'] = function(_, status, context)
    told[context.client_id] = status
    vim.cmd.redrawstatus()
  end,
}

---What the server of a buffer said of itself; nil where none serves it, or it has not said anything yet.
---@param bufnr? integer
---@return python_slm.Status?
function M.of(bufnr)
  local client = vim.lsp.get_clients({ bufnr = bufnr or 0, name = 'python_slm' })[1]
  return client and told[client.id]
end

---A few characters for a status line; empty where no server serves the buffer.
---@param bufnr? integer
---@return string
function M.text(bufnr)
  local status = M.of(bufnr)
  if not status then
    return ''
  elseif not status.quiescent then
    return 'slm …'
  elseif status.health == 'error' then
    return 'slm: no model'
  elseif status.health == 'warning' then
    return 'slm !'
  end
  return switch.is_on(bufnr or 0) and 'slm' or 'slm off'
end

return M
