-- Runs inside a real Neovim, with editors/neovim/lsp/stockade.lua as a user would have it.
-- See neovim.sh.
vim.opt.runtimepath:prepend(vim.env.STOCKADE_EDITORS .. '/neovim')
vim.filetype.add({ extension = { tf = 'terraform', tofu = 'terraform' } })
vim.lsp.enable('stockade')

local passed, failed = 0, 0
local function check(name, ok, seen)
  if ok then
    passed = passed + 1
  else
    failed = failed + 1
    io.stdout:write(('FAIL %s: %s\n'):format(name, vim.inspect(seen)))
  end
end
local function eventually(condition)
  return vim.wait(10000, condition, 20)
end
local function finding(buffer, rule)
  return vim.iter(vim.diagnostic.get(buffer)):find(function(d) return d.code == rule end)
end

local RULE = 'aws-sqs-queue-unencrypted'

local function test()
  vim.cmd.edit(vim.env.STOCKADE_FILE)
  local buffer = vim.api.nvim_get_current_buf()
  check('a finding appears', eventually(function() return finding(buffer, RULE) ~= nil end), vim.diagnostic.get(buffer))
  local queue = finding(buffer, RULE)
  if queue == nil then return end
  check('at the value', queue.lnum == 2 and queue.col == 28 and queue.source == 'stockade', queue)

  vim.api.nvim_win_set_cursor(0, { queue.lnum + 1, queue.col })
  vim.lsp.buf.code_action({
    apply = true,
    context = { only = { 'quickfix' }, diagnostics = {} },
    filter = function(action) return action.isPreferred == true end,
  })
  local function line() return vim.api.nvim_buf_get_lines(buffer, 2, 3, true)[1] end
  check('the fix is applied', eventually(function() return line():find('= true', 1, true) ~= nil end), line())
  check('the finding goes', eventually(function() return finding(buffer, RULE) == nil end), vim.diagnostic.get(buffer))

  vim.cmd.undo()
  check('undo brings it back', eventually(function() return finding(buffer, RULE) ~= nil end), vim.diagnostic.get(buffer))

  local client = vim.lsp.get_clients({ name = 'stockade' })[1]
  local at = { textDocument = { uri = vim.uri_from_bufnr(buffer) }, position = { line = 2, character = 29 } }
  local hover = client:request_sync('textDocument/hover', at, 5000, buffer)
  check('hover tells about the rule', hover and vim.inspect(hover.result):find(RULE, 1, true) ~= nil, hover)
  io.stdout:write(('%s %s, %s\n'):format(client.server_info.name, client.server_info.version, client.offset_encoding))
end

local ok, message = xpcall(test, debug.traceback)
check('no error', ok, message)
io.stdout:write(('%d passed, %d failed\n'):format(passed, failed))
vim.cmd(failed == 0 and 'qall!' or 'cquit 1')
