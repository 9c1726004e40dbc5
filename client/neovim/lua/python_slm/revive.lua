---@brief Starts the server again when it dies, since Neovim does not; not for ever.
local M = {}

local MOST = 4 -- times within PERIOD_MS, about what other editors allow
local PERIOD_MS = 3 * 60 * 1000
local DELAY_MS = 500 -- until Neovim has forgotten the dead one

---When the server died, in ms of vim.uv.now().
---@type integer[]
local deaths = {}

---For vim.lsp.config's on_exit. What was asked to end, or never got as far as to answer, is left alone.
---@param code integer
---@param signal integer
---@param client_id integer
function M.on_exit(code, signal, client_id)
  local client = vim.lsp.get_client_by_id(client_id)
  local asked = (code == 0 and signal == 0) or signal == 15
  if asked or not client or not client.initialized then
    return
  end
  vim.schedule(function()
    if vim.v.exiting ~= vim.NIL then
      return
    end
    local now = vim.uv.now()
    deaths = vim.tbl_filter(function(death) return now - death < PERIOD_MS end, deaths)
    deaths[#deaths + 1] = now
    if #deaths > MOST then
      vim.notify(('python-slm: the server died %d times in %d minutes and is left off. See :checkhealth python_slm; '
        .. "start it again: :lua vim.lsp.enable('python_slm')"):format(#deaths, PERIOD_MS / 60000), vim.log.levels.ERROR)
      return
    end
    vim.notify('python-slm: the server died and is started again', vim.log.levels.WARN)
    vim.defer_fn(function()
      if vim.lsp.is_enabled == nil or vim.lsp.is_enabled(client.name) then
        vim.lsp.enable(client.name) -- for all buffers that are open
      end
    end, DELAY_MS)
  end)
end

return M
