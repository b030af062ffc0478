// What test/matrix/apps/README.md says, for every program here.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

static class Words
{
    static readonly byte[] Big = Enumerable.Repeat((byte)'x', 100000).ToArray();

    public static Dictionary<string, string> Options(string[] arguments)
    {
        return arguments.Where(word => word.Contains("="))
            .ToDictionary(word => word.Substring(0, word.IndexOf('=')), word => word.Substring(word.IndexOf('=') + 1));
    }

    /// Status and body of the answer to a request.
    public static (int, byte[]) Answer(string path, byte[] body)
    {
        switch (path.Split('/')[1])
        {
            case "ok": return (200, Encoding.ASCII.GetBytes("ok"));
            case "fail": return (500, Encoding.ASCII.GetBytes("failed"));
            case "echo": return (200, body);
            case "big": return (200, Big);
            default: return (404, Encoding.ASCII.GetBytes("no such thing"));
        }
    }

    /// Path of request `number`, and its body if it has one.
    public static (string, byte[]) RequestOf(int number)
    {
        var kind = new[] { "ok", "missing", "fail", "echo", "big" }[number % 5];
        var body = kind == "echo" ? Enumerable.Repeat((byte)'b', 10 + number % 3000).ToArray() : null;
        return ($"/{kind}/{number}", body);
    }
}
