---@brief Suggestions on and off: ghost text, or the completion menu where Neovim has no ghost text (0.11).
local M = {}

local SERVER = 'python_slm'
local on = true

---Whether a server of ours suggests in a buffer.
---@param bufnr integer 0 is the current one
---@return boolean
function M.is_on(bufnr)
  return on and (not vim.lsp.inline_completion or vim.lsp.inline_completion.is_enabled({ bufnr = bufnr }))
end

---Give a buffer that the server serves what the switch says.
---@param client vim.lsp.Client
---@param bufnr integer
function M.apply(client, bufnr)
  if vim.lsp.inline_completion then
    vim.lsp.inline_completion.enable(on, { bufnr = bufnr })
  else
    vim.lsp.completion.enable(on, client.id, bufnr, { autotrigger = true })
  end
end

---Turn suggestions off in all buffers, those opened later too, or on again. Diagnostics and code actions stay.
function M.toggle()
  on = not on
  for _, client in ipairs(vim.lsp.get_clients({ name = SERVER })) do
    for bufnr in pairs(client.attached_buffers) do
      M.apply(client, bufnr)
    end
  end
  vim.cmd.redrawstatus()
  vim.notify('python-slm: suggestions are ' .. (on and 'on' or 'off'))
end

return M
