"""words.py - what the demo says, in English and Chinese.

SPDX-License-Identifier: Apache-2.0
"""
WORDS = {
    "server": ("Head office: banyan-server is up.", "总行：banyan-server 已启动。"),
    "branches": ("{n} branches are up, each a process with a store of its own, enrolled by one-time code.",
                 "{n} 个网点已启动：各自独立进程与数据库，均用一次性登记码登记。"),
    "pulled": ("The cable is pulled: no branch can reach head office.", "线路已断开：任何网点都无法连接总行。"),
    "imported": ("Cut off, the branches imported {n} records ({customers} customers) of their own.",
                 "断线期间，各网点导入了自己的 {n} 条记录（{customers} 位客户）。"),
    "plugged": ("The cable is back; the branches send what waited and read what others did.",
                "线路恢复：网点发送等待中的改动，并读取其他网点的改动。"),
    "in_step": ("Every branch is in step: its digest equals the server's digest of its view.",
                "所有网点均已同步：各网点摘要与总行所算该网点视图的摘要一致。"),
    "caught_up": ("Nothing waits at any branch, and each has read all that head office decided.",
                  "所有网点均无待发送改动，且已读完总行的全部裁定。"),
    "shared": ("{name} ({number}) of branch {home} is now served by branch {other} too.",
               "{home} 网点的客户 {name}（{number}）现由 {other} 网点共同服务。"),
    "offline_edits": ("Cut off again. Meanwhile people work:", "再次断线，员工照常工作："),
    "created": ("{who} at {branch} opens customer {name}: number {number}, good for ever.",
                "{branch} 网点 {who} 新建客户 {name}：客户号 {number}，永久有效。"),
    "edited": ("{who} at {branch} sets {field} of {name} to {value}.",
               "{branch} 网点 {who} 将 {name} 的 {field} 改为 {value}。"),
    "removed": ("{who} at {branch} removes customer {name}.", "{branch} 网点 {who} 删除客户 {name}。"),
    "killed": ("Branch {branch} is killed with kill -9 and started again: its {n} waiting changes are still there.",
               "{branch} 网点被 kill -9 后重启：{n} 条待发送改动一条不少。"),
    "arrived": ("Every edit arrived: creation, change and removal are seen at head office.",
                "每一处改动都已送达：新建、修改、删除在总行全部可见。"),
    "both_kept": ("Different fields of one customer, changed at two branches: both are kept, everywhere.",
                  "两个网点修改同一客户的不同字段：两处改动均已保留，各处一致。"),
    "conflict": ("The phone changed at both is ONE conflict; nobody's typing is lost:",
                 "两地同时修改的电话成为一个冲突，谁的输入都没有丢失："),
    "candidate": ("{branch} {who}: {value}  ({at})", "{branch} 网点 {who}：{value}（{at}）"),
    "resolved": ("Head office decides for {value}: “{note}”. Both branches see value and reason.",
                 "总行裁定采用 {value}：“{note}”。两个网点都看到结果和理由。"),
    "undone": ("The decision is taken back: {value} is in force again, as a new change.",
               "裁定已撤销：{value} 重新生效，作为一次新的改动。"),
    "served": ("{n} customers have accounts at another branch; head office lets that branch serve them too.",
               "{n} 位客户在其他网点有账户，总行让该网点共同服务。"),
    "ledger": ("Compared with the input files, at head office and at each branch: {lost} lost, {dup} duplicated.",
               "与输入文件逐条核对（总行及每个网点）：丢失 {lost}，重复 {dup}。"),
    "chaos": ("Meanwhile {n} processes were killed with kill -9.", "其间有 {n} 次进程被 kill -9。"),
    "counts": ("The whole bank: {customers} customers, {records} records, {ops} changes, {conflicts} conflicts, {s} s.",
               "全行：{customers} 位客户，{records} 条记录，{ops} 次改动，{conflicts} 个冲突，用时 {s} 秒。"),
    "try": ("The network is still running. Try, in another terminal:", "网络仍在运行。可在另一终端尝试："),
    "try_end": ("Ctrl-C ends it and leaves no process behind.", "按 Ctrl-C 结束，不遗留任何进程。"),
    "ended": ("All processes are gone.", "所有进程均已结束。"),
    "failed": ("NOT SEEN", "未见到"),
}


class Teller:
    """Prints the story; a line with a tick is something that was seen through the control socket."""

    def __init__(self, lang, quiet):
        self.column = 1 if lang.startswith("zh") else 0
        self.quiet = quiet

    def text(self, key, **parts):
        return WORDS[key][self.column].format(**parts)

    def say(self, key, **parts):
        self.line("  " + self.text(key, **parts))

    def saw(self, key, **parts):
        self.line("✓ " + self.text(key, **parts))

    def detail(self, key, **parts):
        self.line("    " + self.text(key, **parts))

    def line(self, text):
        if not self.quiet:
            print(text, flush=True)
